import { ArmError, faults } from '@trusted-launch/api'
import { RECOMMENDATIONS, type RecommendationId } from '@trusted-launch/posture'
import type { JsonObject } from '../../domain/store.ts'
import { listOfAll, pageOf } from '../page.ts'
import type { ArmRequest, Route } from '../route.ts'
import { assessmentKey, isAzures, policyDefinition, recommendationOf } from './assessment-names.ts'

const TYPE = 'Microsoft.Security/assessmentMetadata'

/** What each assessment is: the same for all subscriptions. */
export function assessmentMetadataRoutes(): Route[] {
  const path = `/:scope/providers/${TYPE}`
  const route = (path: string, handle: Route['handle']): Route => ({
    ...{ method: 'GET', path, handle, action: `${TYPE}/read` },
  })
  return [
    route(path, (request) => pageOf(request, listOfAll(everyMetadata(request.id)), (one) => one)),
    route(`${path}/:name`, async (request) => ({ status: 200, body: metadataOf(request) })),
  ]
}

function everyMetadata(collection: string): (JsonObject & { readonly id: string })[] {
  const ids = Object.keys(RECOMMENDATIONS) as RecommendationId[]
  return ids.map((id) => metadataView(id, collection))
}

function metadataOf(request: ArmRequest): JsonObject {
  const id = recommendationOf(request.params.name!)
  if (id === null) throw new ArmError(faults.resourceNotFound(request.id))
  return metadataView(id, request.id.slice(0, request.id.lastIndexOf('/')))
}

function metadataView(id: RecommendationId, collection: string) {
  const name = assessmentKey(id)
  return {
    ...{ id: `${collection}/${name}`, name, type: TYPE },
    properties: metadataProperties(id),
  }
}

/** What a recommendation is, as Azure's clients read it. */
export function metadataProperties(id: RecommendationId): JsonObject {
  const { title, severity, description, condition, remediation } = RECOMMENDATIONS[id]
  const policy = policyDefinition(id)
  return {
    displayName: title,
    description: `${description} ${condition}`,
    remediationDescription: remediation.join('\n'),
    ...(policy !== null && {
      policyDefinitionId: `/providers/Microsoft.Authorization/policyDefinitions/${policy}`,
    }),
    severity: capital(severity),
    ...{ categories: ['Compute'], threats: threatsOf(id), preview: false },
    ...{ userImpact: impactOf(id), implementationEffort: 'Low' },
    assessmentType: isAzures(id) ? 'BuiltIn' : 'CustomerManaged',
  }
}

/** Of what is followed by a restart, somebody notices. */
function impactOf(id: RecommendationId): string {
  return RESTARTS.includes(id) ? 'Moderate' : 'Low'
}

const RESTARTS: readonly RecommendationId[] = [
  ...(['trusted-launch', 'secure-boot.windows', 'secure-boot.linux', 'vtpm'] as const),
  ...(['certificate-rollover', 'revocations', 'weak-keys', 'debug-settings'] as const),
]

/** In Azure's words: without proof nobody sees, otherwise a boot chain gives whoever changes it all rights. */
function threatsOf(id: RecommendationId): string[] {
  const isProof = /^(?:guest-attestation|stale|reference-values|vtpm)/.test(id)
  return isProof ? ['missingCoverage', 'threatResistance'] : ['elevationOfPrivilege']
}

export function capital(word: string): string {
  return word[0]!.toUpperCase() + word.slice(1)
}
