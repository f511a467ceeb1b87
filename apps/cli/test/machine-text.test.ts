import assert from 'node:assert/strict'
import test from 'node:test'
import {
  startedAgainText,
  stoppedUntilUp,
  textOfMachines,
  viewOfMachine,
} from '../src/machine-text.ts'

type Shown = Parameters<typeof viewOfMachine>[0]

const machine = (held: ReturnType<Shown['status']>['held']) =>
  viewOfMachine({
    id: 'web-1',
    spec: { name: 'web', memoryMiB: 512, vcpus: 1, secureBoot: true } as Shown['spec'],
    identity: null,
    status: () => ({ state: 'running', agentPortOpen: false, released: true, held }),
  } as Shown)

test('a VM that stands still on purpose says why, in words and in JSON', () => {
  const shown = (held: Parameters<typeof machine>[0]) =>
    textOfMachines([machine(held)], Number.POSITIVE_INFINITY)
  assert.match(shown('boot-loop'), /running, stands still: it started over and over/)
  assert.match(shown('refused'), /running, stands still: its firmware refused what it was to start/)
  assert.doesNotMatch(shown(null), /stands still/)
  assert.deepEqual([machine('refused').held, machine(null).held], ['refused', null])
})

test('VMs that are stopped with the service are said to start again with the next, which says so when it does', () => {
  assert.equal(stoppedUntilUp(0), '0 VMs stopped')
  assert.match(stoppedUntilUp(1), /^1 VM stopped: the next tl up starts it again; tl vm deallocate/)
  assert.match(stoppedUntilUp(2), /^2 VMs stopped: the next tl up starts them again;/)
  assert.equal(startedAgainText(0), '')
  assert.equal(startedAgainText(1), '1 VM wanted running and stopped meanwhile: started again\n')
})
