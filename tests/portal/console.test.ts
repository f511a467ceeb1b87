// A person at a VM's consoles: what is shown, what is typed, and what a hostile guest cannot do.
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { Port } from '@trusted-launch/service/a-port'
import { aVm } from '@trusted-launch/service/a-vm'
import { ScriptedHost } from '@trusted-launch/service/scripted-host'
import type { Page, WebSocketRoute } from 'playwright-core'
import { READER } from '../../apps/service/src/identity/role-definitions.ts'
import { aPrincipal } from '../../apps/service/test/a-principal.ts'
import { shows, stands } from './a-console.ts'
import { aSharedPortal, goTo, isDescribed, portalMissing } from './a-portal.ts'
import { RedScreen } from './a-screen.ts'

const skip = portalMissing

const ports: Port[] = []
const screens: RedScreen[] = []
const portal = await aSharedPortal(
  new ScriptedHost({
    serial: () => ports[ports.push(new Port()) - 1]!,
    screen: () => screens[screens.push(new RedScreen()) - 1]!,
  }),
)
/** Of the VM whose consoles these are. */
const id = portalMissing === false ? (await aVm(portal.service, 'web')).id : ''
const PAGE = `/virtual-machine/${encodeURIComponent(id.slice(1))}/console`

/** Its page, and what it has of its serial port or screen once it is connected. */
async function aConsole(t: TestContext, search = '', before = async (_: Page) => {}) {
  const { page } = await portal.open(t, '/virtual-machines')
  await before(page)
  await goTo(page, PAGE + search)
  await stands(page, 'Connected')
  return { page, port: ports.at(-1)!, screen: screens.at(-1)! }
}

const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true })
const input = (page: Page) => page.getByRole('textbox', { name: 'Console of web' })
async function typed(port: () => { readonly typed: string }, text: string): Promise<void> {
  for (const until = Date.now() + 5_000; Date.now() < until; await sleep(10))
    if (port().typed === text) return
  assert.equal(port().typed, text)
}

test('a person types at a serial console, comes out of it by keyboard, and connects again when the VM was away', {
  skip,
}, async (t) => {
  const { page, port } = await aConsole(t)
  await shows(page, 'Linux version 0.0.0')
  await input(page).focus()
  await page.keyboard.type('ls')
  await page.keyboard.press('Tab')
  await page.keyboard.press('Enter')
  await typed(() => port, 'ls\t\r')
  port.push('bin  dev\r\nh\u00e9llo ')
  // A frame of the firmware's, which is no UTF-8, in pieces.
  for (const piece of [[0xc9, 0xcd], [0xcd], [0xbb, 13, 10]]) port.push(Buffer.from(piece))
  await shows(page, 'bin  dev')
  await shows(page, 'h\u00e9llo \u2554\u2550\u2550\u2557')
  await page.keyboard.press('Control+Shift+Backspace')
  assert.ok(await button(page, 'Disconnect').evaluate((one) => one.matches(':focus')))
  assert.equal(port.typed, 'ls\t\r')
  port.destroy()
  await stands(page, 'The virtual machine was stopped, or ended.')
  await button(page, 'Connect').click()
  await stands(page, 'Connected')
  await button(page, 'Disconnect').click()
  await stands(page, 'Disconnected')
  // It is hidden until what comes after it is loaded.
  await page.getByRole('tab', { name: 'Overview' }).click()
  await page.getByText('Standard_B1s').waitFor()
})

test('who only watches types nothing', { skip }, async (t) => {
  const { page } = await aConsole(t)
  await page.getByRole('switch', { name: 'Watch only' }).click()
  await stands(page, 'Connected, to watch only')
  await input(page).focus()
  await page.keyboard.type('reboot\n')
  ports.at(-1)!.push('login: ')
  await shows(page, 'login: ')
  assert.equal(ports.at(-1)!.typed, '')
})

test('what a hostile guest prints is shown, and does nothing else', { skip }, async (t) => {
  const { page, port } = await aConsole(t)
  const title = await page.title()
  const esc = '\u001b'
  for (const hostile of [
    `${esc}]0;evil${esc}\\${esc}]2;evil\u0007`,
    `${esc}]8;;https://evil.example/${esc}\\click${esc}]8;;${esc}\\`,
    `${esc}]52;c;ZXZpbA==\u0007`,
    `${esc}[c${esc}[>c${esc}[5n${esc}[6n${esc}[?6n${esc}[18t${esc}[?2026$p${esc}[>q`,
    `${esc}P$qm${esc}\\${esc}]4;1;?\u0007${esc}]10;?\u0007${esc}]11;?\u0007`,
    `${esc}[38;2;255;0;0;48;2;0;0;9mtrue colour${esc}[4:3m${esc}[58;2;0;255;0mcurly${esc}[0m`,
    '<img src=x onerror="document.title=1"><script>document.title=2</script>\r\n',
  ])
    port.push(hostile)
  await shows(page, 'true colour')
  await shows(page, '<img src=x onerror="document.title=1">')
  const line = Buffer.from(`${'x'.repeat(998)}\r\n`.repeat(32))
  for (let sent = 0; sent < 10 << 20; sent += line.length) {
    port.push(line)
    if (sent % (1 << 20) < line.length) await sleep(5)
  }
  port.push('\r\nthe end\r\n')
  await shows(page, 'the end')
  assert.equal(await page.title(), title)
  assert.equal(await page.locator('.xterm a').count(), 0)
  assert.equal(port.typed, '')
  await input(page).focus()
  await page.keyboard.type('still here')
  await typed(() => port, 'still here')
})

test('a person sees the screen and its keys reach it; who watches only looks', {
  skip,
}, async (t) => {
  const { page, screen } = await aConsole(t, '?kind=screen')
  const canvas = page.getByRole('application', { name: 'Screen of web' })
  await canvas.waitFor()
  const colour = () =>
    canvas.evaluate((one) =>
      [...(one as any).getContext('2d')!.getImageData(9, 9, 1, 1).data].join(),
    )
  for (let i = 0; i < 100 && (await colour()) !== '255,0,0,255'; i++) await sleep(20)
  assert.equal(await colour(), '255,0,0,255')
  await canvas.focus()
  await page.keyboard.press('a')
  for (let i = 0; i < 100 && screen.typed < 2; i++) await sleep(20)
  assert.ok(screen.typed >= 2)
  await page.keyboard.press('Control+Shift+Backspace')
  assert.ok(await button(page, 'Disconnect').evaluate((one) => one.matches(':focus')))
  await page.getByRole('switch', { name: 'Watch only' }).click()
  await stands(page, 'Connected, to watch only')
  await canvas.focus()
  await page.keyboard.press('a')
  await sleep(100)
  assert.equal(screens.at(-1)!.typed, 0)
})

test('who may open no console, and read no serial log, is told which right is missing; neither is asked for', {
  skip,
}, async (t) => {
  const { ask } = await aPrincipal(portal.service, READER.name, portal.service.subscription)
  const { page } = await portal.open(t, PAGE, ask)
  const asked: string[] = []
  page.on('request', (one) => one.method() === 'POST' && asked.push(new URL(one.url()).pathname))
  const lacks = async (name: string, action: string) => {
    await button(page, name).and(page.locator('[aria-disabled=true]')).waitFor()
    await isDescribed(button(page, name), `Your role does not include ${action}.`)
  }
  await lacks('Connect', 'Microsoft.SerialConsole/serialPorts/connect/action')
  const read = 'Microsoft.Compute/virtualMachines/retrieveBootDiagnosticsData/action'
  await page.getByRole('switch', { name: 'Watch only' }).click()
  await lacks('Connect', read)
  await page.getByRole('tab', { name: 'Serial log' }).click()
  await lacks('Refresh', read)
  assert.deepEqual(asked, [])
})

test('a connection that is lost comes back by itself, and shows it meanwhile', {
  skip,
}, async (t) => {
  const routes: WebSocketRoute[] = []
  const { page } = await aConsole(t, '', (page) =>
    page.routeWebSocket(/\/consoles$/, (route) => {
      routes.push(route)
      route.connectToServer()
    }),
  )
  await routes.at(-1)!.close({ code: 3000 })
  await stands(page, 'It is tried again in')
  await stands(page, 'Connected')
  await input(page).focus()
  await page.keyboard.type('x')
  await typed(() => ports.at(-1)!, 'x')
})

test('a VM that does not run has no console, and says so', { skip }, async (t) => {
  const { service } = portal
  const { page } = await aConsole(t)
  await service.over(await service.ask('POST', `${id}/powerOff`))
  await page.getByText('web has no console now: Stopped.').waitFor()
})
