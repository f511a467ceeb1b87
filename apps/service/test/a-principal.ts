import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { isDataAction } from '@trusted-launch/api'
import type { Answer, TestService } from './a-service.ts'

/** A service principal with a role at a scope, and how it asks. */
export async function aPrincipal(service: TestService, role: string, scope: string) {
  const name = randomUUID()
  const clientId = randomUUID()
  const path = `/providers/TrustedLaunch/principals/${name}`
  const made = await service.ask('PUT', path, {
    properties: { kind: 'service', signInName: clientId },
  })
  assert.equal(made.status, 201, JSON.stringify(made.body))
  const at = scope === '/' ? '' : scope
  const assignment = `${at}/providers/Microsoft.Authorization/roleAssignments/${randomUUID()}`
  const roleDefinitionId = `/providers/Microsoft.Authorization/roleDefinitions/${role}`
  const given = await service.ask('PUT', assignment, {
    properties: { principalId: name, roleDefinitionId },
  })
  assert.equal(given.status, 201, JSON.stringify(given.body))
  const { secret } = (await service.ask('POST', `${path}/newSecret`)).body
  const token = await tokenOf(service, clientId, secret)
  const ask = (method: string, to: string, body?: unknown): Promise<Answer> =>
    service.ask(method, to, body, { authorization: `Bearer ${token.body.access_token}` })
  return { name, clientId, secret: secret as string, path, assignment, ask }
}

/** What the token endpoint answers to a client's secret. */
export function tokenOf(
  service: TestService,
  client_id: string,
  client_secret: string,
): Promise<Answer> {
  const form = new URLSearchParams({ client_id, client_secret, grant_type: 'client_credentials' })
  const type = { 'content-type': 'application/x-www-form-urlencoded' }
  return service.send('POST', '/adfs/oauth2/token', type, String(form))
}

/** Gives a principal some actions at a scope, by a custom role. */
export async function mayAlso(
  service: TestService,
  principalId: string,
  actions: readonly string[],
  scope: string,
): Promise<void> {
  const roleName = randomUUID()
  const roleDefinitionId = `${service.subscription}/providers/Microsoft.Authorization/roleDefinitions/${roleName}`
  const role = await service.ask('PUT', roleDefinitionId, {
    properties: {
      roleName,
      permissions: [
        {
          actions: actions.filter((one) => !isDataAction(one)),
          dataActions: actions.filter(isDataAction),
        },
      ],
    },
  })
  assert.equal(role.status, 201, JSON.stringify(role.body))
  const assignment = `${scope}/providers/Microsoft.Authorization/roleAssignments/${randomUUID()}`
  const given = await service.ask('PUT', assignment, {
    properties: { principalId, roleDefinitionId },
  })
  assert.equal(given.status, 201, JSON.stringify(given.body))
}
