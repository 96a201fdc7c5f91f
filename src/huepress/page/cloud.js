// The cloud of colours in the RGB cube, with the centres that K-means found: turned by dragging or by the arrow keys.
// colors: [[r, g, b, share], ...], centers: the same. Returns a function that shows other centres, of other colours, with
// the paths on which they came: [[[r, g, b], ...], ...].
export function hpCloud(canvas, colors, centers) {
  const context = canvas.getContext("2d");
  let turn = 0.7, tilt = 0.45, paths = [];
  const corners = [...Array(8).keys()].map((i) => [i & 1, (i >> 1) & 1, (i >> 2) & 1].map((bit) => bit * 255));
  const edges = corners.flatMap((_, i) => [1, 2, 4].filter((bit) => !(i & bit)).map((bit) => [i, i | bit]));
  const paint = () => {
    const scale = window.devicePixelRatio || 1, width = canvas.clientWidth, height = canvas.clientHeight;
    canvas.width = width * scale;
    canvas.height = height * scale;
    context.setTransform(scale, 0, 0, scale, 0, 0);
    const ink = getComputedStyle(canvas).color, size = Math.min(width, height) * 0.0022;
    const [sin, cos, sinTilt, cosTilt] = [Math.sin(turn), Math.cos(turn), Math.sin(tilt), Math.cos(tilt)];
    const project = ([r, g, b]) => {
      const x = r - 127.5, y = g - 127.5, z = b - 127.5;
      const side = x * cos + z * sin, away = z * cos - x * sin;
      const depth = away * cosTilt + y * sinTilt, near = 900 / (900 + depth);
      return [width / 2 + side * size * near, height / 2 - (y * cosTilt - away * sinTilt) * size * near, depth, near];
    };
    const places = corners.map(project);
    context.strokeStyle = ink;
    context.globalAlpha = 0.35;
    for (const [a, b] of edges) {
      context.beginPath();
      context.moveTo(places[a][0], places[a][1]);
      context.lineTo(places[b][0], places[b][1]);
      context.stroke();
    }
    const trace = (path) => {
      context.beginPath();
      for (const place of path) context.lineTo(...project(place).slice(0, 2));
      context.stroke();
    };
    const radius = (share, most, least) => Math.max(least, Math.sqrt(share) * most);
    const unit = Math.min(width, height);
    const dots = colors.map((c) => [project(c), c, radius(c[3], unit * 0.12, 1.1), false]);
    const balls = centers.map((c) => [project(c), c, radius(c[3], unit * 0.075, 5), true]);
    for (const [[x, y, , near], [r, g, b], reach, isCenter] of [...dots, ...balls].sort((p, q) => q[0][2] - p[0][2])) {
      context.globalAlpha = isCenter ? 1 : 0.75;
      context.fillStyle = `rgb(${r} ${g} ${b})`;
      context.beginPath();
      context.arc(x, y, reach * near, 0, 7);
      context.fill();
      if (!isCenter) continue;
      context.lineWidth = 3;
      context.strokeStyle = "#ffffff";
      context.stroke();
      context.lineWidth = 1.2;
      context.strokeStyle = "#000000";
      context.stroke();
    }
    context.globalAlpha = 1;
    context.lineWidth = 2;
    context.strokeStyle = ink;
    paths.forEach(trace);
  };
  const by = (across, up) => {
    turn += across;
    tilt = Math.max(-1.5, Math.min(1.5, tilt + up));
    requestAnimationFrame(paint);
  };
  canvas.addEventListener("pointerdown", (event) => canvas.setPointerCapture(event.pointerId));
  canvas.addEventListener("pointermove", (event) => {
    if (canvas.hasPointerCapture(event.pointerId)) by(event.movementX / 150, event.movementY / 150);
  });
  canvas.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: [-0.1, 0], ArrowRight: [0.1, 0], ArrowUp: [0, -0.1], ArrowDown: [0, 0.1] }[event.key];
    if (!step) return;
    event.preventDefault();
    by(...step);
  });
  new ResizeObserver(paint).observe(canvas);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", paint);
  paint();
  return (others, cells = colors, trails = []) => {
    [centers, colors, paths] = [others, cells, trails];
    paint();
  };
}
