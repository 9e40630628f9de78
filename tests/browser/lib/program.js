// Boxrota as a process of a test's own, and a mail server on this machine that keeps what it gets.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

export const program = process.env.BOXROTA_TEST_PROGRAM ?? new URL("../../../target/debug/boxrota", import.meta.url).pathname;

/** The day on which the tests stand: a Monday in the middle of a term. Whatever day it really is, they see the same. */
export const today = "2026-11-23";
/** How many seconds the clock of a program without an option for it is ahead. */
export const ahead = String(Math.round((Date.parse(`${today}T09:00:00Z`) - Date.now()) / 1000));

/** A port that nobody has at the moment. */
function freePort() {
  return new Promise((found) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => found(port));
    });
  });
}

/** Starts `boxrota COMMAND` on its day with a database in a folder of its own; `said` are the lines it printed until it served. */
export async function start(command, environment = {}) {
  const folder = mkdtempSync(join(tmpdir(), "boxrota-own-"));
  const listen = `127.0.0.1:${await freePort()}`;
  // "auto" as the public address: the same port under the name of a domain.
  const named = environment.BOXROTA_PUBLIC_URL === "auto";
  const origin = named ? `http://${listen.replace("127.0.0.1", "localhost")}` : `http://${listen}`;
  if (named) environment = { ...environment, BOXROTA_PUBLIC_URL: origin };
  const env = { ...process.env, BOXROTA_LISTEN: listen, BOXROTA_DEMO_TODAY: today, BOXROTA_TEST_AHEAD: ahead, BOXROTA_REQUESTS_PER_SESSION: "100000", BOXROTA_REQUESTS_PER_ADDRESS: "100000", ...environment };
  if (command === "serve" && !environment.BOXROTA_DATABASE_URL) env.BOXROTA_DATABASE_URL = `sqlite:${folder}/boxrota.db`;
  const args = command === "demo" ? ["demo", "--data", `${folder}/demo`] : [command];
  const child = spawn(program, args, { env, stdio: ["ignore", "pipe", "ignore"] });
  const said = [];
  for await (const line of createInterface({ input: child.stdout })) {
    said.push(line);
    if (line.includes("Boxrota is at")) break;
  }
  if (!said.some((line) => line.includes("Boxrota is at"))) throw new Error(`${command} ended before it served`);
  const stop = () =>
    new Promise((ended) => {
      child.once("exit", () => {
        rmSync(folder, { recursive: true, force: true });
        ended();
      });
      child.kill("SIGTERM");
    });
  return { origin, said, stop };
}

/** A mail server that takes everything; `mails` are what came: to whom, and the text part's words. */
export async function mailServer() {
  const mails = [];
  const server = createServer((socket) => {
    let data = null;
    let to = [];
    socket.setEncoding("utf8");
    socket.write("220 here\r\n");
    createInterface({ input: socket, crlfDelay: Infinity }).on("line", (line) => {
      if (data !== null) {
        if (line !== ".") return void data.push(line);
        mails.push({ to, text: decoded(data.join("\n")) });
        data = null;
        to = [];
        return void socket.write("250 taken\r\n");
      }
      const verb = line.slice(0, 4).toUpperCase();
      if (verb === "EHLO") socket.write("250 here\r\n");
      else if (verb === "DATA") {
        data = [];
        socket.write("354 go on\r\n");
      } else if (verb === "QUIT") socket.end("221 bye\r\n");
      else {
        if (verb === "RCPT") to.push(line.match(/<([^>]*)>/)[1]);
        socket.write("250 fine\r\n");
      }
    });
    socket.on("error", () => {});
  });
  await new Promise((listens) => server.listen(0, "127.0.0.1", listens));
  /** Waits for a mail to this address whose words match, and takes it away. */
  const mailTo = async (address, words) => {
    for (let tries = 0; tries < 200; tries += 1) {
      const at = mails.findIndex((mail) => mail.to.includes(address) && words.test(mail.text));
      if (at >= 0) return mails.splice(at, 1)[0].text;
      await new Promise((later) => setTimeout(later, 50));
    }
    throw new Error(`no mail to ${address} came: ${JSON.stringify(mails.map((mail) => mail.to))}`);
  };
  return { url: `smtp://127.0.0.1:${server.address().port}`, mailTo, stop: () => server.close() };
}

/** The quoted-printable of the mail's parts undone, as far as links need it. */
function decoded(mail) {
  return mail.replace(/=\r?\n/g, "").replace(/=([0-9A-F]{2})/g, (_, hex) => String.fromCharCode(parseInt(hex, 16)));
}
