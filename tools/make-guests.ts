// Builds what guests run and boot from: the agent, then the images that tests and the demo use.
import { copyFileSync, readFileSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { buildAgent } from '../apps/agent/src/build.ts'
import { buildImage } from '../apps/host/src/images/build-image.ts'

const cacheDirectory = join(import.meta.dirname, '../.cache')
const agent = await buildAgent()
const current = join(cacheDirectory, 'agent/trusted-launch-agent')
copyFileSync(agent.path, `${current}.part`)
renameSync(`${current}.part`, current)
for (const name of ['small', 'uki'] as const) {
  const image = await buildImage(name, { cacheDirectory, agent: readFileSync(current) })
  console.log(`${image.path} ${image.sha256}`)
}
