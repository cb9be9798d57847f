/** In an automated browser the page may be told which adapter to take, as the command line is: `?gpu=swiftshader`. */
export const preference =
  new URLSearchParams(location.search).get('gpu') === 'swiftshader' ? 'swiftshader' : 'hardware';
