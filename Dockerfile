# Boxrota in a container: one program, one data folder. docs/operations.md says how to run it.
FROM rust:1-bookworm AS build
WORKDIR /build
# OpenSSL is built from its sources for PostgreSQL over TLS; that needs perl and make, which the image has.
COPY Cargo.toml Cargo.lock ./
# How SQLite is compiled.
COPY .cargo ./.cargo
COPY src ./src
COPY assets ./assets
COPY migrations ./migrations
COPY demo ./demo
COPY benches ./benches
RUN cargo build --release --locked --features postgres-tls --bin boxrota

FROM debian:bookworm-slim
RUN useradd --system --uid 10001 --home-dir /data --create-home boxrota
COPY --from=build /build/target/release/boxrota /usr/local/bin/boxrota
USER boxrota
WORKDIR /data
VOLUME /data
ENV BOXROTA_LISTEN=0.0.0.0:8080 \
    BOXROTA_DATABASE_URL=sqlite:/data/boxrota.sqlite
EXPOSE 8080
# SIGTERM lets requests under way and the mail being sent finish.
STOPSIGNAL SIGTERM
ENTRYPOINT ["boxrota"]
CMD ["serve"]
