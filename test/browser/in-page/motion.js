/* What layout.ts evaluates in a page: which elements move, or would on a change. */
(() =>
  [...document.querySelectorAll("*")].flatMap((element) =>
    ["", "::before", "::after"].flatMap((pseudo) => {
      const { animationName, animationDuration, transitionDuration } = getComputedStyle(
        element,
        pseudo || null,
      );
      const isMoving = [animationDuration, transitionDuration].some((durations) =>
        durations.split(", ").some((duration) => Number.parseFloat(duration) > 0),
      );
      return isMoving
        ? [`${element.tagName}.${element.getAttribute("class") ?? ""}${pseudo} ${animationName}`]
        : [];
    }),
  ))();
