// Takes the demo's folder away.
import { rmSync } from "node:fs";

export default function clearUp() {
  rmSync(process.env.BOXROTA_TEST_DATA, { recursive: true, force: true });
}
