import { ArmError, faults } from '@trusted-launch/api'
import { type Exemption, RECOMMENDATIONS, type Recommendation } from '@trusted-launch/posture'
import { exemptionsOf } from '../../domain/exemptions.ts'
import { GROUP, SUBSCRIPTION } from '../../domain/groups.ts'
import { ASSESSED, recommendedOf } from '../../domain/recommended.ts'
import type { ScaleSetRules } from '../../domain/scale-set/scale-set-rules.ts'
import type { Json, JsonObject, Resource } from '../../domain/store.ts'
import type { Ground } from '../ground.ts'
import { listOfAll, pageOf, together } from '../page.ts'
import { requireResource } from '../required.ts'
import type { ArmReply, ArmRequest, Route } from '../route.ts'
import { routesOf } from '../routes-of.ts'
import { fixed } from './assessment-fix.ts'
import { assessmentMetadataRoutes, capital, metadataProperties } from './assessment-metadata.ts'
import { assessmentKey, recommendationOf } from './assessment-names.ts'

const TYPE = 'Microsoft.Security/assessments'

/** What is recommended of VMs and scale sets, as assessments; what each assessment is; and doing it. */
export function assessmentRoutes(rules: ScaleSetRules, ground: Ground): Route[] {
  const route = routesOf(TYPE)
  const path = `/:scope/providers/${TYPE}`
  return [
    route('GET', path, 'read', (request) => list(ground, request)),
    route('GET', `${path}/:name`, 'read', async (request) => ({
      status: 200,
      body: assessmentView(await requireAssessment(ground, request), request),
    })),
    route('POST', `${path}/:name/fix`, 'fix/action', async (request) =>
      fixed(await requireAssessment(ground, request), rules, ground, request),
    ),
    ...assessmentMetadataRoutes(),
  ]
}

/** @throws {ArmError} 404 */
async function requireAssessment(ground: Ground, request: ArmRequest): Promise<Recommendation> {
  const one = await requireResource(ground.store, request, request.params.scope!)
  const wanted = recommendationOf(request.params.name!)
  const exemptions = await exemptionsOf(ground.store, one.subscriptionId)
  const made = ASSESSED.includes(one.type) ? await assessed(ground, one, exemptions) : []
  const found = made.find(({ id }) => id === wanted)
  if (found === undefined) throw new ArmError(faults.resourceNotFound(request.id))
  return found
}

/** Of one VM or scale set, or page by page of all of a group or subscription. */
async function list(ground: Ground, request: ArmRequest): Promise<ArmReply> {
  const scope = await requireScope(ground, request)
  const { subscriptionId, resourceGroup, type } = scope
  const exemptions = await exemptionsOf(ground.store, subscriptionId)
  const within = { subscriptionId, ...(type === GROUP && { resourceGroup: resourceGroup! }) }
  const { body, ...reply } = await pageOf(
    request,
    ASSESSED.includes(type)
      ? listOfAll([scope])
      : together(
          ASSESSED.map(
            (type) => (after, limit) =>
              ground.store.resources.list({
                ...{ ...within, type, limit },
                ...(after !== null && { after }),
              }),
          ),
        ),
    async (row) =>
      (await assessed(ground, row, exemptions)).map((one) => assessmentView(one, request)),
  )
  const { value, ...more } = body as { value: JsonObject[][] }
  return { ...reply, body: { value: value.flat(), ...more } }
}

/** @throws {ArmError} 404: no VM, scale set, group or subscription. */
async function requireScope(ground: Ground, request: ArmRequest): Promise<Resource> {
  const found = await ground.store.resources.get(request.params.scope!)
  if (found === null || ![...ASSESSED, GROUP, SUBSCRIPTION].includes(found.type))
    throw new ArmError(faults.resourceNotFound(request.params.scope!))
  return found
}

function assessed(
  { store, now }: Ground,
  one: Resource,
  exemptions: readonly Exemption[],
): Promise<Recommendation[]> {
  return recommendedOf(store, one, exemptions, now())
}

/** What somebody answers for is *not applicable*, as Azure shows it, and how it stands is told beside. */
function assessmentView(
  { id, machine, severity, status, instances, fix, exemption }: Recommendation,
  { query }: ArmRequest,
): JsonObject {
  const isExempt = exemption !== null && status.code === 'Unhealthy'
  const exempt = { code: 'NotApplicable', cause: 'exempt', description: exemption?.reason ?? '' }
  const name = assessmentKey(id)
  const isWhole = /\bmetadata\b/i.test(query.$expand ?? '')
  return {
    ...{ id: `${machine}/providers/${TYPE}/${name}`, name, type: TYPE },
    properties: {
      displayName: RECOMMENDATIONS[id].title,
      resourceDetails: { source: 'Azure', id: machine },
      status: isExempt ? exempt : (status as unknown as Json),
      additionalData: {
        recommendation: id,
        severity: capital(severity),
        ...(instances.length > 0 && { unhealthyInstances: namesOf(instances) }),
        ...(fix !== null && { fix: JSON.stringify(fix) }),
        ...(isExempt && { exemptBy: exemption.by, withoutExemption: status.code }),
      },
      ...(isWhole && { metadata: metadataProperties(id) }),
    },
  }
}

/** As Azure has values there: text. Of each instance what clients of sets call it. */
function namesOf(instances: readonly string[]): string {
  return instances.map((id) => id.slice(id.lastIndexOf('/') + 1)).join(', ')
}
