import assert from 'node:assert/strict'
import { test } from 'node:test'
import { deploy, deploymentId, networkResources, template } from '../a-deployment.ts'
import { aService } from '../a-service.ts'

test('a template of as many resources as there may be is deployed, and one of more is refused', async (t) => {
  const service = await aService(t)
  const many = (count: number) => ({
    resources: [
      {
        ...networkResources()[1],
        name: "[concat('net', copyIndex())]",
        copy: { name: 'all', count },
      },
    ],
  })
  const begun = performance.now()
  const put = await deploy(service, 'many', many(800))
  assert.equal(put.status, 201, JSON.stringify(put.body))
  const accepted = performance.now()
  assert.equal((await service.over(put)).status, 'Succeeded')
  t.diagnostic(
    `accepted after ${Math.round(accepted - begun)} ms, over after ${Math.round(performance.now() - begun)} ms`,
  )
  const { body } = await service.ask('GET', deploymentId(service, 'many'))
  assert.equal(body.properties.outputResources.length, 800)
  const refused = await deploy(service, 'more', {
    resources: [...many(800).resources, networkResources()[1]],
  })
  assert.deepEqual([refused.status, refused.body.error.code], [400, 'JobSizeExceeded'])
})

test('a template may be 4 MiB, is read once it is known who sends it, and nothing larger is', async (t) => {
  const service = await aService(t)
  await service.ask('PUT', service.group('rg'), { location: 'local' })
  const id = deploymentId(service, 'large')
  const sized = (bytes: number) => {
    const whole = JSON.stringify({
      properties: { mode: 'Incremental', template: template({ metadata: { filling: 'x' } }) },
    })
    return whole.replace('"x"', `"${'x'.repeat(bytes - whole.length + 1)}"`)
  }
  assert.equal((await service.ask('PUT', id, sized(4 << 20))).status, 201)
  const larger = await service.ask('PUT', id, sized((4 << 20) + 1))
  assert.deepEqual([larger.status, larger.body.error.code], [413, 'RequestEntityTooLarge'])
  const path = `${id}?api-version=2021-04-01`
  // Who is nobody is told so, whatever they sent.
  const broken = await service.send('PUT', path, { authorization: 'Bearer x' }, '{')
  assert.equal(broken.status, 401)
  assert.equal((await service.ask('PUT', id, '{')).body.error.code, 'InvalidRequestContent')
})
