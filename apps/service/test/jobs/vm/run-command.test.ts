import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runCommand } from '../../../src/jobs/vm/run-command.ts'
import type { VmGround } from '../../../src/jobs/vm/vm-job.ts'
import type { Job } from '../../../src/jobs/worker.ts'

/** A command that is kept, and a worker that comes to it when `isBegun` was written. */
async function come(isBegun: boolean, isKept = true) {
  const told: string[] = []
  const vm = { state: { vmId: 'a', machine: 'vm-a', power: 'running' } }
  const tables = {
    resources: { get: async () => vm },
    values: { delete: async (name: string) => told.push(`delete ${name}`) },
  }
  const job = {
    operation: { resourceId: '/x', input: { vmId: 'a', command: 'k' }, progress: { isBegun } },
    signal: new AbortController().signal,
    under: async (work: (given: any) => unknown) => work(tables),
    tell: async (_: number, __: string, progress: object) => told.push(JSON.stringify(progress)),
  } as unknown as Job
  const ground = {
    commandOf: async () => (isKept ? { script: 'true', environment: {} } : null),
    driver: {
      runCommand: async () => {
        told.push('run')
        return { exitCode: 0, stdout: '', stderr: '' }
      },
    },
  } as unknown as VmGround
  const error = await runCommand(ground)(job).then(
    () => null,
    (one) => one.fault.code,
  )
  return { error, told }
}

test('a command is run once that it began, and its script is gone then', async () => {
  assert.deepEqual(await come(false), {
    error: null,
    told: ['{"isBegun":true}', 'run', 'delete command/k'],
  })
})

test('a command that was cut off is not run again: its operation says that it was', async () => {
  const again = { error: 'CommandInterrupted', told: ['delete command/k'] }
  assert.deepEqual(await come(true), again)
  assert.deepEqual(await come(false, false), again)
})
