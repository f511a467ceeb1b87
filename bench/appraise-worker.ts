// A thread that appraises evidence it knows nothing of, and says how often a second.

import { getHeapStatistics } from 'node:v8'
import { parentPort, workerData } from 'node:worker_threads'
import { forgetKnown } from '@trusted-launch/attestation'
import { recordedEvidence } from '@trusted-launch/attestation/recorded'
import { appraiseAndSign } from './appraise.ts'

const { seconds } = workerData as { seconds: number }
const input = recordedEvidence('rsa')
for (let i = 0; i < 300; i++) appraiseAndSign(input)
const started = performance.now()
let count = 0
while (performance.now() - started < seconds * 1000) {
  forgetKnown('logs and keys')
  appraiseAndSign(input)
  count++
}
const { used_heap_size, external_memory } = getHeapStatistics()
const memoryMB = (used_heap_size + external_memory) / 1e6
parentPort!.postMessage({ perSecond: (1000 * count) / (performance.now() - started), memoryMB })
