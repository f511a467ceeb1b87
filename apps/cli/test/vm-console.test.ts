import assert from 'node:assert/strict'
import { PassThrough } from 'node:stream'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { ArmError } from '@trusted-launch/api'
import { Port } from '@trusted-launch/service/a-port'
import { aService } from '@trusted-launch/service/a-service'
import { aVm } from '@trusted-launch/service/a-vm'
import { ScriptedHost } from '@trusted-launch/service/scripted-host'
import { Connection } from '../src/service/connection.ts'
import { TerminalFilter } from '../src/service/terminal-filter.ts'
import { typeAt } from '../src/service/type-at.ts'

test('a person types at a VM from a terminal, sees what it prints, and leaves by Ctrl-]', async (t) => {
  const port = new Port()
  const service = await aService(t, new ScriptedHost({ serial: () => port }))
  const { id } = await aVm(service)
  const { administrator, endpoint, caFile } = service.service
  const { tenantId, clientId, clientSecret, subscriptionId } = administrator
  const connection = new Connection({
    ...{ name: 'test', endpoint, caFile, tenantId, clientId, clientSecret, subscriptionId },
    group: 'rg',
  } as never)
  t.after(() => connection.close())
  const input = new PassThrough()
  let shown = ''
  const sees = async (text: string) => {
    for (let i = 0; i < 500 && !shown.includes(text); i++) await sleep(10)
    assert.ok(shown.includes(text), shown)
  }
  const output = {
    write(text: string) {
      shown += text
    },
  }
  const typing = typeAt(connection, id, input, output as never)
  await sees('Linux version 0.0.0')
  input.write('ls\r')
  port.push('\u001b[1mbin\u001b[0m \u001b]0;evil\u0007dev\u001b[6n\r\n')
  await sees('\u001b[1mbin\u001b[0m dev\r\n')
  input.write('q\u001d')
  assert.equal(await typing, null)
  for (let i = 0; i < 100 && port.typed !== 'ls\rq'; i++) await sleep(10)
  assert.equal(port.typed, 'ls\rq')
  await service.over(await service.ask('POST', `${id}/powerOff`))
  await assert.rejects(typeAt(connection, id, input, output as never), ArmError)
})

test('of what a guest prints a terminal is given what draws, and nothing that it would obey or answer', () => {
  const esc = '\u001b'
  const passed = (text: string) => new TerminalFilter().pass(Buffer.from(text))
  for (const draws of [
    'plain é ╔═╗\r\n\t',
    `${esc}[2J${esc}[1;1H${esc}[38;2;1;2;3mred${esc}[0m${esc}[?25l`,
    `${esc}(B${esc}7${esc}8${esc}M`,
  ])
    assert.equal(passed(draws), draws)
  for (const obeys of [
    ...[`${esc}]0;title\u0007`, `${esc}]52;c;ZXZpbA==${esc}\\`, `${esc}Pq#0${esc}\\`],
    ...[`${esc}_apc${esc}\\`, `${esc}^pm${esc}\\`, `${esc}Xsos${esc}\\`],
    ...[`${esc}[c`, `${esc}[>c`, `${esc}[0c`, `${esc}[6n`, `${esc}[?6n`],
    ...[`${esc}[18t`, `${esc}[?2026$p`, `${esc}[>q`, `${esc}Z`, '\u0005', '\u009b6n'],
    ...[`${esc}[${'1;'.repeat(60)}`],
  ])
    assert.equal(
      passed(`a${obeys}b`).replace('6n', '').replace(/1;|^;/g, ''),
      'ab',
      JSON.stringify(obeys),
    )
  const whole = `x${esc}]8;;https://evil.example${esc}\\y${esc}[1mz`
  const filter = new TerminalFilter()
  const pieces = [...Buffer.from(whole)].map((byte) => filter.pass(Uint8Array.of(byte))).join('')
  assert.equal(pieces, `xy${esc}[1mz`)
})
