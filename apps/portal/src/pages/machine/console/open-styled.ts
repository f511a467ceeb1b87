import type { Terminal } from '@xterm/xterm'

/** What xterm 6.0 makes rows with: the page's own document, whatever document it is given as an option. */
interface Internals {
  readonly _core: {
    readonly _renderService: {
      readonly _renderer: {
        readonly value: { readonly _rowFactory: { _document: Pick<Document, 'createElement'> } }
      }
    }
  }
}

/**
 * Opens a terminal as the content policy lets it: the style elements that it makes bear the answer's nonce, and what
 * it writes into style attributes of its rows is set by script.
 * @see W3C Content Security Policy Level 3, 6.6.2.2 and 8.2
 */
export function openStyled(terminal: Terminal, host: HTMLElement, nonce: string): void {
  const createElement = (name: string) => {
    const element = Document.prototype.createElement.call(document, name)
    if (name === 'style') element.nonce = nonce
    else if (name === 'span') styleByScript(element)
    return element
  }
  document.createElement = createElement as typeof document.createElement
  try {
    terminal.open(host)
  } finally {
    Reflect.deleteProperty(document, 'createElement')
  }
  const { _core: core } = terminal as unknown as Internals
  core._renderService._renderer.value._rowFactory._document = {
    createElement: createElement as typeof document.createElement,
  }
}

function styleByScript(element: HTMLElement): void {
  const setAttribute = element.setAttribute.bind(element)
  element.setAttribute = (name, value) => {
    if (name === 'style') element.style.cssText = value
    else setAttribute(name, value)
  }
}
