/* What console.test.ts evaluates in a page: from now on, `frames` has how long each frame took, in milliseconds. */
(() => {
  /** @type {number[]} */
  const frames = [];
  Object.assign(globalThis, { frames });
  let last = performance.now();
  const look = () => {
    const now = performance.now();
    frames.push(now - last);
    last = now;
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
})();
