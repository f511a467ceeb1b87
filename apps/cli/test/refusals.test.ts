import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'node:test'
import { nearest } from '../src/nearest.ts'
import { HINTS_BY_CODE, NO_HINT } from '../src/service/hints-by-code.ts'
import { aControlPlane, good, json, signedIn } from './a-control-plane.ts'
import { tl } from './a-run.ts'

test('what is typed wrongly is answered with what may be meant, and with what to type next', async (t) => {
  await signedIn(t)
  await good('vm', 'create', '--name', 'web', '--image', 'small', '--group', 'shop')
  const create = ['vm', 'create', '--name', 'x', '--image', 'small']
  const wrong: [args: string[], code: number, said: RegExp][] = [
    [
      [...create, '--size', 'Standard_B1ss'],
      1,
      /not valid\. \(\w+\)\n {4}is it .*Standard_B1s\b.*\?/,
    ],
    [[...create, '--size', 'b2s_v2'], 1, /is it Standard_B2s_v2/],
    [[...create, '--size', 'enormous'], 1, /^ {4}tl size list --supported/m],
    [[...create, '--size', 'Standard_NC24'], 1, /^ {4}tl size list --supported/m],
    [['vm', 'create', '--name', 'x', '--image', 'debian12'], 1, /is it debian-12\? tl image list/],
    [['vm', 'create', '--name', 'x', '--image', 'windows'], 1, /^ {4}tl image list/m],
    [['image', 'show', 'x'], 1, /tl image list/],
    [['vm', 'show', 'web'], 1, /group|tl vm list/],
    [
      ['vm', 'start', 'web', '--group', 'shop', '--bogus'],
      2,
      /unknown option.*\n\(see tl vm start --help\)/,
    ],
    [['vm', 'start', 'wen', '--group', 'shop'], 1, /is it web\? tl vm list shows what there is/],
    [['vm', 'show', 'wbe', '--group', 'shop'], 1, /is it web\? tl vm list/],
    [['vm', 'list', '--group', 'nowhere'], 1, /tl group list shows the groups$/m],
    [['vm', 'show', 'web', '--group', 'shpo'], 1, /is it shop\? tl group list/],
    [['plan', 'show'], 1, /^ {4}it has no plan of its own: tl plan set FILE/m],
    [['policy', 'show', 'x'], 1, /^ {4}tl policy list shows what there is$/m],
    [['alert', 'destination', 'show', 'x'], 1, /^ {4}tl alert destination list shows/m],
    [['disk', 'show', '/subscriptions/x'], 2, /is no id of Microsoft\.Compute\/disks: a name, or/],
    [['vm', 'strat', 'web'], 2, /Did you mean start\?/],
    [['disk', 'show', 'x', '--group', 'shop'], 1, /tl disk list shows what there is/],
    [['operation', 'wait', 'x'], 1, /tl operation list shows what there is/],
    [['operation', 'cancel', 'x'], 1, /operations\/x' was not found.*\n {4}tl operation list/],
    [[...create, '--name', '-x'], 2, /such as web-1/],
    [[...create, '--name', 'a b'], 2, /^tl: --name a b: such as web-1/],
    [[...create, '--group', 'a b'], 1, /see --help/],
    [['login', '--admin', '/nonexistent'], 1, /no such file/],
  ]
  for (const [args, code, said] of wrong) {
    const ran = await tl(...args)
    const told = `tl ${args.join(' ')}: ${ran.code}\n${ran.err}`
    assert.equal(ran.code, code, told)
    assert.match(ran.err, said, told)
    assert.ok(ran.err.length < 1200, told)
    assert.doesNotMatch(ran.err, /\bat .*\.ts:\d+/, told)
  }
  await good('vm', 'create', '--name', 'other', '--image', 'small')
  const elsewhere = await tl('vm', 'show', 'web')
  assert.match(elsewhere.err, /it is in the group shop: --group shop/)
})

test('without signing in, every command that asks the control plane says how to', async (t) => {
  await aControlPlane(t)
  for (const args of [
    ['vm', 'list'],
    ['vm', 'create', '--name', 'x', '--image', 'small'],
    ['image', 'list'],
    ['disk', 'list'],
    ['operation', 'list'],
    ['audit', 'list'],
    ['size', 'list'],
    ['whoami'],
  ]) {
    const { code, err } = await tl(...args)
    assert.deepEqual(
      [code, /tl login --admin/.test(err)],
      [1, true],
      `tl ${args.join(' ')}: ${err}`,
    )
  }
})

test('every code of the service has an answer of what to type, or is told to need none; none is of no code', () => {
  const src = join(import.meta.dirname, '../../service/src')
  const files = readdirSync(src, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => join(src, name))
  const faults = join(import.meta.dirname, '../../../packages/api/src')
  const api = ['faults.ts', 'client.ts'].map((name) => join(faults, name))
  const texts = [...files, ...api].map((file) => readFileSync(file, 'utf8')).join('\n')
  const codes = new Set([...texts.matchAll(/\bcode: '([A-Z][A-Za-z]+)'/g)].map(([, code]) => code!))
  assert.ok(codes.size > 60, `${codes.size}`)
  assert.deepEqual(
    [...codes].filter((code) => !Object.hasOwn(HINTS_BY_CODE, code) && !NO_HINT.includes(code)),
    [],
  )
  const named = new Set([...texts.matchAll(/'([A-Z][A-Za-z]+)'/g)].map(([, word]) => word!))
  assert.deepEqual(
    [...Object.keys(HINTS_BY_CODE), ...NO_HINT].filter((code) => !named.has(code)),
    [],
  )
})

test('a hint names the VM that was asked about, and its group where that is not meant anyway', async (t) => {
  await signedIn(t)
  await good('vm', 'create', '--name', 'web', '--image', 'small')
  await good('vm', 'create', '--name', 'web', '--image', 'small', '--group', 'shop')
  for (const inGroup of [[], ['--group', 'shop']]) {
    const set = ['vm', 'security', 'set', 'web', '--security-type', 'Standard', ...inGroup]
    const { code, err } = await tl(...set)
    assert.equal(code, 1)
    const vm = ['web', ...inGroup].join(' ')
    assert.match(
      err,
      new RegExp(`^ {4}tl vm deallocate ${vm}; the same again; tl vm start ${vm}$`, 'm'),
    )
  }
})

test('near words are those that hold what was typed, or are a slip or two away', () => {
  const words = ['Standard_D2s_v5', 'Standard_D2s_v4', 'Standard_E8_v3', 'Basic_A0']
  assert.deepEqual(nearest('Standard_D2s_v55', words)[0], 'Standard_D2s_v5')
  assert.deepEqual(nearest('d2s', words), ['Standard_D2s_v4', 'Standard_D2s_v5'])
  assert.deepEqual([nearest('windows', words), nearest('', words)], [[], []])
})

test('what a hint names is typed as it is: names, the group where it is not meant anyway, and ids are taken too', async (t) => {
  await signedIn(t)
  for (const group of ['default', 'shop']) {
    const of = group === 'default' ? [] : ['--group', group]
    const typed = of.length === 0 ? '' : ` ${of.join(' ')}`
    await good('vm', 'create', '--name', 'web', '--image', 'small', ...of)
    await good('disk', 'create', 'data', '--size', '4', ...of)
    await good('disk', 'attach', 'data', '--vm', 'web', ...of)
    const larger = ['disk', 'resize', 'data', '--size', '8', ...of]
    const refused = await tl(...larger)
    const hint = `tl vm deallocate web${typed}; the same again; tl vm start web${typed}`
    assert.equal(refused.code, 1, refused.out)
    assert.equal(refused.err.split('\n').at(-2)!.trim(), hint)
    const { id } = await json('vm', 'show', 'web', ...of)
    await good('vm', 'deallocate', id)
    await good(...larger)
    assert.match((await good('vm', 'show', id)).out, new RegExp(`^group +${group}$`, 'm'))
  }
  assert.match((await good('group', 'list')).out, /^default +\S+ +meant when none is named\n/m)
  assert.equal((await good('group', 'delete', 'shop')).out, 'deleting shop: done\n')
  assert.deepEqual(
    (await json('group', 'list')).map(({ name }: any) => name),
    ['default'],
  )
})
