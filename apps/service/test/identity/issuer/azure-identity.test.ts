// The client as it comes, in a process of its own: NODE_EXTRA_CA_CERTS counts at a start only.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { test } from 'node:test'
import { anIssuer, CLIENT, TENANT } from './an-issuer.ts'

const SCOPE = 'https://management.azure.com/.default'

/** What a program that has the client prints, and its environment. */
async function printed(code: string, environment: Record<string, string>): Promise<string> {
  const program = `
    import { ClientSecretCredential, DefaultAzureCredential } from '@azure/identity'
    const { authorityHost, clientId, clientSecret, tenantId } = process.env
    const { token, expiresOnTimestamp } = await (${code}).getToken('${SCOPE}')
    if (Math.abs(expiresOnTimestamp - Date.now() - 3_600_000) > 60_000) throw new Error('expiry')
    console.log(token)`
  const env = { PATH: process.env.PATH, HOME: '/nonexistent', ...environment }
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], { env })
  const out = child.stdout.setEncoding('utf8').toArray()
  const err = child.stderr.setEncoding('utf8').toArray()
  const [code_] = (await once(child, 'close')) as [number]
  assert.equal(code_, 0, (await err).join(''))
  return (await out).join('').trim()
}

test('@azure/identity signs in: a tenant without instance discovery, adfs with it, and by environment alone', async (t) => {
  const { caFile, port, clientSecret, verifier } = await anIssuer(t)
  const credential = (tenant: string, options: string) =>
    `new ClientSecretCredential('${tenant}', clientId, clientSecret, { authorityHost${options} })`
  for (const host of ['127.0.0.1', 'localhost']) {
    const authorityHost = `https://${host}:${port}`
    const given = { NODE_EXTRA_CA_CERTS: caFile, authorityHost, clientId: CLIENT, clientSecret }
    const byEnvironment = {
      NODE_EXTRA_CA_CERTS: caFile,
      AZURE_AUTHORITY_HOST: authorityHost,
      AZURE_TENANT_ID: 'adfs',
      AZURE_CLIENT_ID: CLIENT,
      AZURE_CLIENT_SECRET: clientSecret,
    }
    const tokens = await Promise.all([
      printed(credential(TENANT, ', disableInstanceDiscovery: true'), given),
      printed(credential('adfs', ''), given),
      printed('new DefaultAzureCredential()', byEnvironment),
    ])
    for (const token of tokens) {
      const caller = await verifier.authenticate(`Bearer ${token}`)
      assert.equal(caller.name, CLIENT)
    }
  }
})
