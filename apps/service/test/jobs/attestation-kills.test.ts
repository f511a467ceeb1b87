import { test } from 'node:test'
import { killWhileAttesting } from '../attestation-kills.ts'

test('a service that is killed 20 times while it attests loses no verdict it told of, takes no nonce twice and passes over no VM', async (t) => {
  await killWhileAttesting(t, 20)
})
