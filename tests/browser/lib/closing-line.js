// One plain line at the end that any reader of the output understands.
export default class ClosingLine {
  #count = { passed: 0, failed: 0, skipped: 0 };

  onTestEnd(test, result) {
    const as = result.status === "passed" ? "passed" : result.status === "skipped" ? "skipped" : "failed";
    this.#count[as] += 1;
  }

  onEnd() {
    const { passed, failed, skipped } = this.#count;
    console.log(`\nbrowser: ${passed} passed, ${failed} failed, ${skipped} skipped`);
  }
}
