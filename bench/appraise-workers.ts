import { Worker } from 'node:worker_threads'
import { measured, type Row } from './row.ts'

const secondsEach = 4

/** Whole appraisals a second of the wall, by one thread and by two, each with its own evidence; memory of a thread. */
export async function throughput(): Promise<Row[]> {
  const [one, two] = [await together(1), await together(2)]
  return [
    measured('appraisals a second, one thread', one.perSecond, '1/s'),
    measured('appraisals a second, two threads', two.perSecond, '1/s'),
    measured('memory of a thread, heap and buffers', two.memoryMB, 'MB'),
  ]
}

async function together(threads: number) {
  const found = await Promise.all(Array.from({ length: threads }, run))
  const sum = found.reduce((all, { perSecond }) => all + perSecond, 0)
  return { perSecond: sum, memoryMB: Math.max(...found.map(({ memoryMB }) => memoryMB)) }
}

function run(): Promise<{ perSecond: number; memoryMB: number }> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('appraise-worker.ts', import.meta.url), {
      workerData: { seconds: secondsEach },
    })
    worker.on('message', resolve)
    worker.on('error', reject)
  })
}
