/** What is measured within a page: each function runs there, and knows nothing from here. */

/** Before anything of the page: when its first row was there, and the page answered again after it. */
export function watchFirstRow(): void {
  const scope = globalThis as any
  const observer = new scope.MutationObserver(() => {
    if (scope.document.querySelector('tbody tr[aria-rowindex="2"]') === null) return
    observer.disconnect()
    scope.firstRow = scope.performance.now()
    scope.requestAnimationFrame(() =>
      scope.setTimeout(() => {
        scope.answers = scope.performance.now()
      }),
    )
  })
  observer.observe(scope.document, { childList: true, subtree: true })
}

/** Before anything of the page: a boot's log is as long as wanted, and when the page was given it. */
export function lengthenLog(events: number): void {
  const scope = globalThis as any
  const read = scope.Response.prototype.text
  scope.Response.prototype.text = async function (this: { url: string }) {
    const text = await read.call(this)
    if (!this.url.includes('/bootView')) return text
    const boot = JSON.parse(text)
    if (events > 0)
      boot.events = Array.from({ length: events }, (_, index) => ({
        ...boot.events[index % boot.events.length],
        index,
      }))
    const long = JSON.stringify(boot)
    scope.given = scope.performance.now()
    return long
  }
}

/** Whether the table is there, and the page answers. */
export function hasAnswered(): boolean {
  return (globalThis as any).answers !== undefined
}

export function firstPaint(): number {
  const [entry] = (globalThis as any).performance.getEntriesByName('first-contentful-paint')
  return entry.startTime
}

/** Milliseconds of each frame while the table is scrolled, a step a frame. */
export async function scroll({ frames, stepPx }: { frames: number; stepPx: number }) {
  const scope = globalThis as any
  const table = scope.document.querySelector('main section[tabindex="0"]')
  const frame = (): Promise<number> =>
    new Promise((resolve) =>
      scope.requestAnimationFrame(() => resolve(scope.performance.now() as number)),
    )
  const times: number[] = []
  for (let i = 0, last = await frame(); i < frames; i++) {
    table.scrollTop += stepPx
    const now = await frame()
    times.push(now - last)
    last = now
  }
  return times
}
