import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import type { TestService } from '@trusted-launch/service/a-service'
import type { Page } from 'playwright-core'

const PASSWORD = 'correct horse battery staple'
const ROLES = {
  Owner: '8e3af657-a8ff-443c-a75c-2fe8c4bcb635',
  Reader: 'acdd72a7-3385-48ef-bd42-f606fba81ae7',
  'Attestation Contributor': 'bbf86eb8-f7b4-4cce-96e4-18cddf81d86e',
} as const

/** Somebody with a name of the installation, and roles in its subscription. */
export async function aPerson(
  service: TestService,
  signInName: string,
  ...roles: (keyof typeof ROLES)[]
): Promise<void> {
  const principalId = randomUUID()
  const properties = { kind: 'user', signInName, displayName: signInName, password: PASSWORD }
  const path = `/providers/TrustedLaunch/principals/${principalId}`
  assert.equal((await service.ask('PUT', path, { properties })).status, 201)
  const scope = `${service.subscription}/providers/Microsoft.Authorization`
  for (const role of roles) {
    const roleDefinitionId = `${scope}/roleDefinitions/${ROLES[role]}`
    const given = await service.ask('PUT', `${scope}/roleAssignments/${randomUUID()}`, {
      properties: { roleDefinitionId, principalId },
    })
    assert.equal(given.status, 201, JSON.stringify(given.body))
  }
}

/** Signs in by name and password, as people do. */
export async function signIn(page: Page, service: TestService, name: string): Promise<void> {
  await page.goto(`${service.service.endpoint}/portal/`)
  await page.getByRole('link', { name: 'Sign in with a name of this installation' }).click()
  await page.getByLabel('Name').fill(name)
  await page.getByLabel('Password').fill(PASSWORD)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByRole('navigation').waitFor()
}
