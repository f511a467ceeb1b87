import { FitAddon } from '@xterm/addon-fit'
import { Terminal } from '@xterm/xterm'
import '@xterm/xterm/css/xterm.css'
import { nonce } from '../../../ui/nonce.ts'
import { ConsoleText } from './console-text.ts'
import { guard } from './guards.ts'
import { openStyled } from './open-styled.ts'

/** What a guest that was not told takes a terminal to have at least. */
const COLUMNS_MIN = 80
const ROWS_MIN = 25
const KEPT_ROWS = 5_000
/** So much waits to be drawn; what a guest floods beyond is left out. */
const WAITING_MAX = 1 << 20
/** Below what the service takes in one message. */
const TYPED_MAX = 16_384
const THEME = { background: '#1b1a19', foreground: '#f3f2f1', cursor: '#f3f2f1' }
/** As WCAG 2.2, 1.4.3 wants it, whatever colours a guest chooses. */
const CONTRAST = 4.5

/** A terminal in the page. */
export class SerialTerminal {
  readonly #terminal: Terminal
  readonly #fit = new FitAddon()
  readonly #sizes: ResizeObserver
  readonly #leftOutText: (bytes: number) => string
  #socket: WebSocket | null = null
  #waiting = 0
  #leftOut = 0

  /** @param leftOutText says how many bytes were left out. */
  constructor(host: HTMLElement, label: string, leftOutText: (bytes: number) => string) {
    this.#leftOutText = leftOutText
    const terminal = new Terminal({
      ...{ scrollback: KEPT_ROWS, minimumContrastRatio: CONTRAST, theme: THEME, fontSize: 14 },
      ...{ fontFamily: 'Consolas, "DejaVu Sans Mono", monospace', cursorBlink: false },
    })
    this.#terminal = terminal
    terminal.loadAddon(this.#fit)
    guard(terminal)
    openStyled(terminal, host, nonce)
    terminal.textarea?.setAttribute('aria-label', label)
    // The browser's own copy and paste.
    terminal.attachCustomKeyEventHandler(
      ({ ctrlKey, shiftKey, code }) =>
        !(ctrlKey && shiftKey && (code === 'KeyC' || code === 'KeyV')),
    )
    const encoder = new TextEncoder()
    terminal.onData((text) => this.#send(encoder.encode(text)))
    terminal.onBinary((text) => this.#send(Uint8Array.from(text, (one) => one.charCodeAt(0))))
    this.#sizes = new ResizeObserver(() => this.#resize())
    this.#sizes.observe(host)
    this.#resize()
  }

  /** Shows what comes, from the beginning on, and sends what is typed. */
  attach(socket: WebSocket): void {
    this.#socket = socket
    this.#terminal.reset()
    const text = new ConsoleText()
    socket.addEventListener('message', ({ data }) => {
      const bytes = new Uint8Array(data)
      if (this.#waiting + bytes.length <= WAITING_MAX) this.#show(text.decode(bytes), bytes.length)
      else this.#leftOut += bytes.length
    })
  }

  set mayType(may: boolean) {
    this.#terminal.options.disableStdin = !may
  }

  /** What is shown as text beside it, for programs that read it out. */
  set isRead(is: boolean) {
    this.#terminal.options.screenReaderMode = is
  }

  focus(): void {
    this.#terminal.focus()
  }

  clear(): void {
    this.#terminal.clear()
  }

  /** What is marked; all of it, where nothing is. */
  get text(): string {
    const marked = this.#terminal.getSelection()
    if (marked !== '') return marked
    this.#terminal.selectAll()
    const all = this.#terminal.getSelection().replace(/\n+$/, '\n')
    this.#terminal.clearSelection()
    return all
  }

  paste(text: string): void {
    this.#terminal.paste(text)
    this.focus()
  }

  dispose(): void {
    this.#sizes.disconnect()
    this.#terminal.dispose()
  }

  #show(text: string, size: number): void {
    this.#waiting += size
    this.#terminal.write(text, () => {
      this.#waiting -= size
      if (this.#leftOut === 0 || this.#waiting > 0) return
      const notice = this.#leftOutText(this.#leftOut)
      this.#leftOut = 0
      this.#terminal.write(`\r\n[${notice}]\r\n`)
    })
  }

  #send(bytes: Uint8Array): void {
    if (this.#socket?.readyState !== WebSocket.OPEN) return
    for (let at = 0; at < bytes.length; at += TYPED_MAX)
      this.#socket.send(bytes.slice(at, at + TYPED_MAX))
  }

  #resize(): void {
    const fitting = this.#fit.proposeDimensions()
    // Not numbers: it is not shown now, while another page comes.
    if (fitting === undefined || Number.isNaN(fitting.cols + fitting.rows)) return
    const columns = Math.max(fitting.cols, COLUMNS_MIN)
    this.#terminal.resize(columns, Math.max(fitting.rows, ROWS_MIN))
  }
}
