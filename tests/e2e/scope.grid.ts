import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { isService, scopeArguments } from '../../apps/host/src/scope.ts'
import { debian12Image } from './debian-12-image.ts'
import { login } from './debian-12-login.ts'
import { BOOT_MS, smallVm } from './machines.ts'

/** How a shell writes one argument. */
const quoted = (word: string) => `'${word.replaceAll("'", `'\\''`)}'`

/** Of each `sleep` of ours its account, its arguments and its control group. There is no ps(1) in the guest. */
const sleepers = `for each in /proc/[0-9]*; do
  said=$(tr '\\0' ' ' <$each/cmdline 2>/dev/null)
  case "$said" in 'sleep 700'*) echo "$(stat -c %u $each) $said$(tail -n 1 $each/cgroup)";; esac
done`

/** There is no systemd where tests run: a guest's is asked how it treats what a service starts in a scope. */
test('what a service starts in a scope of its own outlives the service, and what it starts beside it does not', async (t) => {
  const image = await debian12Image(t)
  if (image === null) return
  const { spec, run, untilLetIn } = await login(t)
  const { vm } = await smallVm(t, { image, memoryMiB: 1024, ...spec })
  await vm.start()
  await vm.waitForAgent(2 * BOOT_MS)
  await untilLetIn(vm)
  const scope = scopeArguments('/usr/bin/systemd-run', "QEMU of 'vm-1'").map(quoted).join(' ')
  const begin = 'umask 077 && exec setpriv --reuid=600000 --regid=600000 --clear-groups -- sleep'
  const service = `${scope} sh -c '${begin} 7001' & sh -c '${begin} 7002' & sleep 7003`
  const root = (command: string) => run(`sudo sh -c ${quoted(command)}`)
  const started = root(`systemd-run --unit=manager sh -c ${quoted(service)}`)
  assert.equal(started.status, 0, started.stderr)
  const sleeping = () => root(sleepers).stdout.trim().split('\n').sort()
  for (const until = Date.now() + 30_000; sleeping().length < 3 && Date.now() < until; )
    await sleep(500)
  const [manager, apart, beside] = sleeping()
  assert.match(manager!, /^0 sleep 7003 .*\/manager\.service$/)
  assert.match(apart!, /^600000 sleep 7001 .*\/trustedlaunch\.slice\/run-.*\.scope$/)
  assert.match(beside!, /^600000 sleep 7002 .*\/manager\.service$/)
  const unitOf = (line: string) => line.replace(/^.* /, '')
  assert.deepEqual([manager!, apart!].map(unitOf).map(isService), [true, false])
  root('systemctl stop manager')
  assert.deepEqual(sleeping(), [apart])
})
