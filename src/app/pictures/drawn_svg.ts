/** What a stylesheet may have said of a drawn element, and of text besides. */
const DRAWN = ['fill', 'fill-opacity', 'stroke', 'stroke-width', 'stroke-opacity', 'stroke-dasharray'] as const;
const LETTERS = ['font-family', 'font-size', 'font-weight', 'text-anchor'] as const;
const SHAPES = 'path, line, rect, circle, text, tspan';
/** What says nothing in a file, or is there only while something is pointed at. */
const LEFT_OUT = 'title, desc, .recharts-tooltip-cursor, .recharts-active-dot';

/** What is drawn as a file that needs no stylesheet: in light colours, as for paper, whatever the page has. */
export function svgText(svg: SVGSVGElement, title: string): string {
  const { width, height } = svg.getBoundingClientRect();
  const copy = svg.cloneNode(true) as SVGSVGElement;
  const copies = copy.querySelectorAll(SHAPES);
  // Taken off again before anything is painted.
  svg.classList.add('for-paper');
  try {
    svg.querySelectorAll(SHAPES).forEach((element, i) => {
      const style = getComputedStyle(element);
      const isText = element.matches('text, tspan');
      for (const property of isText ? [...DRAWN, ...LETTERS] : DRAWN)
        copies[i]!.setAttribute(property, style.getPropertyValue(property));
    });
    for (const element of copy.querySelectorAll(LEFT_OUT)) element.remove();
    copy.prepend(
      make('title', {}, title),
      make('rect', { width: '100%', height: '100%', fill: getComputedStyle(svg).backgroundColor }),
    );
  } finally {
    svg.classList.remove('for-paper');
  }
  for (const element of [copy, ...copy.querySelectorAll('*')])
    for (const attribute of ['style', 'class', 'tabindex']) element.removeAttribute(attribute);
  copy.setAttribute('width', `${width}`);
  copy.setAttribute('height', `${height}`);
  if (!copy.hasAttribute('viewBox')) copy.setAttribute('viewBox', `0 0 ${width} ${height}`);
  // With the namespace, which it takes from the element itself.
  return new XMLSerializer().serializeToString(copy);
}

/** Drawings and their titles, under each other, as one file. */
export function svgOfAll(drawings: readonly (readonly [svg: SVGSVGElement, title: string])[]): string {
  const all = make('svg', { 'font-family': 'system-ui, sans-serif' }, '');
  let height = 0;
  for (const [svg, title] of drawings) {
    const { documentElement: own } = new DOMParser().parseFromString(svgText(svg, title), 'image/svg+xml');
    own.setAttribute('y', `${height + TITLE}`);
    all.append(
      make('text', { x: '8', y: `${height + TITLE - 8}`, 'font-weight': '600', 'font-size': '14' }, title),
      own,
    );
    const high = (Number(own.getAttribute('height')) / Number(own.getAttribute('width'))) * WIDTH;
    own.setAttribute('width', `${WIDTH}`);
    own.setAttribute('height', `${high}`);
    height += TITLE + high;
  }
  all.prepend(make('rect', { width: '100%', height: '100%', fill: '#ffffff' }));
  for (const [name, value] of Object.entries({ width: WIDTH, height, viewBox: `0 0 ${WIDTH} ${height}` }))
    all.setAttribute(name, `${value}`);
  return new XMLSerializer().serializeToString(all);
}
/** CSS pixels. */
const WIDTH = 640;
const TITLE = 28;

function make(name: string, attributes: Readonly<Record<string, string>>, text = ''): SVGElement {
  const element = document.createElementNS('http://www.w3.org/2000/svg', name);
  for (const [attribute, value] of Object.entries(attributes)) element.setAttribute(attribute, value);
  element.textContent = text;
  return element;
}
