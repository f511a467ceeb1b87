import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ChannelError } from '@trusted-launch/channel'
import { evidence } from '../../../packages/channel/test/a-guest.ts'
import { VtpmError } from '../src/vtpm/errors.ts'
import { UNANSWERED_MAX } from '../src/vtpm/rollback-index.ts'
import { adopted, request } from './a-left-machine.ts'

const extendNonce = new Uint8Array(32).fill(7)

test('evidence without the index, when too many nonces are unanswered', async (t) => {
  const { vm, events, answer } = await adopted(t, {
    starts: async () => ({ pending: [] }) as never,
    recordIssued: async () => {
      throw new VtpmError('vtpm-unanswered', 'vm', 'eight of them')
    },
    recordAttested: async () => assert.fail('nothing was extended'),
  })
  await answer()
  assert.deepEqual((await vm.collectEvidence({ ...request, extendNonce })).info, evidence.info)
  assert.ok(events.includes('rollback-index'))
})

test('a guest that gives no evidence 500 times leaves four nonces unanswered, and its next evidence has the index', async (t) => {
  const pending: Uint8Array[] = []
  const { vm, answer } = await adopted(t, {
    starts: async () => ({ pending }) as never,
    recordIssued: async (_, nonce) => void pending.push(nonce),
    recordAttested: async () => {
      pending.length = 0
      return 'continued'
    },
  })
  await answer()
  const { channel } = vm
  const collect = channel.collectEvidence.bind(channel)
  channel.collectEvidence = async () => {
    throw new ChannelError('answer-late', 'it does not come')
  }
  for (let i = 0; i < 500; i++)
    await assert.rejects(vm.collectEvidence({ ...request, extendNonce }), { code: 'answer-late' })
  assert.equal(pending.length, UNANSWERED_MAX / 2)
  channel.collectEvidence = collect
  const { rollback } = await vm.collectEvidence({ ...request, extendNonce })
  assert.deepEqual(rollback, evidence.rollback)
  assert.equal(pending.length, 0)
})
