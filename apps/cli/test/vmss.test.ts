import assert from 'node:assert/strict'
import test from 'node:test'
import { good, json, signedIn } from './a-control-plane.ts'
import { tl } from './a-run.ts'

const create = ['vmss', 'create', 'fleet', '--image', 'small', '--instances', '2']
const idsOf = async () =>
  (await json('vmss', 'instance', 'list', 'fleet')).map(({ instanceId }: any) => instanceId)

test('a scale set is made with its network, told of, scaled, and gone with its instances', async (t) => {
  const { host } = await signedIn(t)
  const made = await good(...create)
  assert.match(made.err, /making fleet/)
  assert.match(made.out, /^instances +2$/m)
  assert.match(made.out, /^security type +TrustedLaunch$/m)
  assert.match(made.out, /^its instances +tl vmss instance list fleet$/m)
  assert.match((await good('vmss', 'list')).out, /^fleet +default +2 +Standard_B1s +Flexible /m)
  assert.match((await good('vmss', 'show', 'fleet')).out, /^PowerState\/running +2$/m)
  const instances = (await good('vmss', 'instance', 'list', 'fleet')).out
  assert.match(instances, /^id +name +power +integrity +model +provisioning\n/)
  assert.equal(instances.match(/ running .* the latest +Succeeded$/gm)?.length, 2)
  assert.equal((await good('vm', 'list')).out.match(/^fleet/gm)?.length, 2)
  const again = await tl(...create)
  assert.deepEqual([again.code, again.out], [1, ''])
  assert.match(again.err, /there is a scale set fleet already: tl vmss scale fleet --instances N/)
  await good('vmss', 'scale', 'fleet', '--instances', '3')
  assert.equal((await idsOf()).length, 3)
  const dry = await good('vmss', 'delete', 'fleet', '--dry-run')
  assert.equal(dry.out.match(/: its VM and its disk$/gm)?.length, 3)
  assert.equal((await idsOf()).length, 3)
  const [first] = await idsOf()
  await good('vmss', 'delete', 'fleet', first)
  assert.ok(!(await idsOf()).includes(first))
  assert.equal((await good('vmss', 'delete', 'fleet')).out, 'deleting fleet: done\n')
  assert.deepEqual(await host.machines(), [])
  assert.equal((await good('vmss', 'list')).out, 'no scale sets\n')
})

test('instances of a scale set are stopped, started, made anew and upgraded, all or those named', async (t) => {
  await signedIn(t)
  await good(...create, '--mode', 'Uniform', '--upgrade-policy', 'Rolling')
  const [first, second] = await idsOf()
  const power = async () =>
    [...(await good('vmss', 'instance', 'list', 'fleet')).out.matchAll(/ (running|stopped) /g)].map(
      ([, one]) => one,
    )
  await good('vmss', 'stop', 'fleet', first)
  assert.deepEqual(await power(), ['stopped', 'running'])
  await good('vmss', 'start', 'fleet')
  assert.deepEqual(await power(), ['running', 'running'])
  const dry = await good('vmss', 'reimage', 'fleet', second, '--dry-run')
  assert.match(dry.out, new RegExp(`^${second} \\S+: its own disk\\n$`))
  await good('vmss', 'reimage', 'fleet', second)
  await good('vmss', 'update', 'fleet', '--size', 'Standard_B2s')
  // Which began a rolling upgrade of its own.
  for (;;) {
    const { out } = await good('vmss', 'rolling-upgrade', 'show', 'fleet')
    if (/^state +Completed$/m.test(out)) break
  }
  assert.match((await good('vmss', 'show', 'fleet')).out, /^size +Standard_B2s$/m)
  await good('vmss', 'upgrade', 'fleet')
  assert.doesNotMatch((await good('vmss', 'instance', 'list', 'fleet')).out, /an older one/)
  assert.match(
    (await good('vmss', 'rolling-upgrade', 'start', 'fleet')).out,
    /^upgrading fleet: done$/m,
  )
  assert.match(
    (await good('vmss', 'rolling-upgrade', 'show', 'fleet')).out,
    /^state +Completed\n(?:.*\n)*done +2$/m,
  )
  const over = await tl('vmss', 'rolling-upgrade', 'cancel', 'fleet')
  assert.match(over.err, /There is no rolling upgrade.*\n {4}tl vmss rolling-upgrade show fleet/)
})

test('what is wrong with a scale set is answered with what to type', async (t) => {
  await signedIn(t)
  await good(...create)
  const wrong: [args: string[], code: number, said: RegExp][] = [
    [['vmss', 'show', 'flet'], 1, /is it fleet\? tl vmss list shows what there is/],
    [['vmss', 'start', 'fleet', '99'], 1, /\n {4}tl vmss instance list fleet$/m],
    [['vmss', 'update', 'fleet'], 2, /--image IMAGE or --size NAME/],
    [['vmss', 'scale', 'fleet', '--instances', 'many'], 2, /a number is wanted/],
    [['vmss', 'rolling-upgrade', 'show', 'fleet'], 1, /tl vmss rolling-upgrade start fleet/],
    [['vmss', 'reimage', 'fleet', '99', '--dry-run'], 1, /has no instance 99; tl vmss instance/],
  ]
  for (const [args, code, said] of wrong) {
    const ran = await tl(...args)
    assert.equal(ran.code, code, `${args.join(' ')}: ${ran.err}${ran.out}`)
    assert.match(ran.err, said)
  }
})

test('a dry run of a scale set asks for nothing; without waiting its operation is told', async (t) => {
  await signedIn(t)
  const dry = JSON.parse((await good(...create, '--dry-run')).out)
  assert.deepEqual(
    dry.map(({ path }: any) => path.split('/').at(-1)),
    ['default', 'default', 'fleet'],
  )
  assert.equal((await good('vmss', 'list')).out, 'no scale sets\n')
  const made = await json(...create, '--no-wait')
  await good('operation', 'wait', made.operation)
  assert.equal((await idsOf()).length, 2)
})
