// A thread that appraises evidence it knows nothing of, and says how often a second.

import { getHeapStatistics } from 'node:v8'
import { parentPort, workerData } from 'node:worker_threads'
import { forgetKnown } from '@trusted-launch/attestation'
import { recordedEvidence } from '@trusted-launch/attestation/recorded'
import { appraiseAndSign } from './appraise.ts'

const { seconds } = workerData as { seconds: number }
const answers = recordedEvidence('rsa', 16)
const answerOf = (count: number) => answers[count % answers.length]!
for (let i = 0; i < 1000; i++) appraiseAndSign(answerOf(i))
const started = performance.now()
let count = 0
while (performance.now() - started < seconds * 1000) {
  forgetKnown('logs and keys')
  appraiseAndSign(answerOf(count++))
}
const { used_heap_size, external_memory } = getHeapStatistics()
const memoryMB = (used_heap_size + external_memory) / 1e6
parentPort!.postMessage({ perSecond: (1000 * count) / (performance.now() - started), memoryMB })
