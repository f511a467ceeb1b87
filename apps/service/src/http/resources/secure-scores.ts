import { ArmError, faults } from '@trusted-launch/api'
import {
  RECOMMENDATIONS,
  type RecommendationId,
  type Score,
  weightOfSeverity,
} from '@trusted-launch/posture'
import { SUBSCRIPTION } from '../../domain/groups.ts'
import { type ScoresAt, SecureScores } from '../../domain/secure-scores.ts'
import type { JsonObject } from '../../domain/store.ts'
import type { Ground } from '../ground.ts'
import { listOfAll, pageOf } from '../page.ts'
import type { ArmRequest, Route } from '../route.ts'
import { assessmentKey, isAzures } from './assessment-names.ts'

const SCORES = 'Microsoft.Security/secureScores'
const CONTROLS = 'Microsoft.Security/secureScoreControls'
const DEFINITIONS = 'Microsoft.Security/secureScoreControlDefinitions'
/** What Azure calls the score that its clients look for. */
const NAME = 'ascScore'

/** How much of what is recommended of a subscription is followed; each recommendation is a control. */
export function secureScoreRoutes(ground: Ground): Route[] {
  const scores = new SecureScores(ground.store, ground.now)
  const of = async (request: ArmRequest): Promise<ScoresAt> => {
    const found = await ground.store.resources.get(request.params.scope!)
    if (found?.type !== SUBSCRIPTION) throw new ArmError(faults.resourceNotFound(request.id))
    return scores.of(found.subscriptionId)
  }
  const route = (path: string, type: string, handle: Route['handle']): Route => ({
    ...{ method: 'GET', path: `/:scope/providers/${path}`, action: `${type}/read`, handle },
  })
  const controls = async (request: ArmRequest) =>
    pageOf(request, listOfAll(controlViews(request, await of(request))), (one) => one)
  return [
    route(SCORES, SCORES, async (request) => {
      const one = scoreView(`${request.id}/${NAME}`, await of(request))
      return { status: 200, body: { value: [one] } }
    }),
    route(`${SCORES}/:name`, SCORES, async (request) => {
      requireName(request)
      return { status: 200, body: scoreView(request.id, await of(request)) }
    }),
    route(`${SCORES}/:name/secureScoreControls`, CONTROLS, (request) => {
      requireName(request)
      return controls(request)
    }),
    route(CONTROLS, CONTROLS, controls),
    route(DEFINITIONS, DEFINITIONS, (request) =>
      pageOf(request, listOfAll(everyDefinition(request.id)), (one) => one),
    ),
  ]
}

function requireName({ params, id }: ArmRequest): void {
  if (params.name!.toLowerCase() !== NAME.toLowerCase())
    throw new ArmError(faults.resourceNotFound(id))
}

/** A subscription weighs as much as what is recommended there can bring. */
function scoreView(id: string, { score, time }: ScoresAt): JsonObject {
  return {
    ...{ id, name: NAME, type: SCORES },
    properties: {
      displayName: 'Trusted Launch score',
      ...{ score: scoreProperties(score), weight: score.max },
      calculatedOn: new Date(time).toISOString(),
    },
  }
}

function controlViews({ id: asked, params, query }: ArmRequest, { byRecommendation }: ScoresAt) {
  const isWhole = /\bdefinition\b/i.test(query.$expand ?? '')
  const collection = params.name === undefined ? asked : `${params.scope}/providers/${CONTROLS}`
  return [...byRecommendation].map(([id, score]) => {
    const name = assessmentKey(id)
    return {
      ...{ id: `${collection}/${name}`, name, type: CONTROLS },
      properties: {
        displayName: RECOMMENDATIONS[id].title,
        healthyResourceCount: score.healthy,
        unhealthyResourceCount: score.unhealthy,
        notApplicableResourceCount: score.notApplicable + score.exempt,
        ...{ score: scoreProperties(score), weight: score.max },
        ...(isWhole && { definition: definitionView(id, `/providers/${DEFINITIONS}`) }),
      },
    }
  })
}

/** Azure's clients take a ratio between 0 and 1, four digits: of nothing that counts nothing is missing. */
function scoreProperties({ current, max, part }: Score): JsonObject {
  return { max, current, percentage: part === null ? 1 : Math.round(part * 10_000) / 10_000 }
}

function everyDefinition(collection: string) {
  const ids = Object.keys(RECOMMENDATIONS) as RecommendationId[]
  return ids.map((id) => definitionView(id, collection))
}

function definitionView(id: RecommendationId, collection: string) {
  const { title, description, severity } = RECOMMENDATIONS[id]
  const name = assessmentKey(id)
  const metadata = `/providers/Microsoft.Security/assessmentMetadata/${name}`
  return {
    ...{ id: `${collection}/${name}`, name, type: DEFINITIONS },
    properties: {
      ...{ displayName: title, description, maxScore: weightOfSeverity(severity) },
      source: { sourceType: isAzures(id) ? 'BuiltIn' : 'Custom' },
      assessmentDefinitions: [{ id: metadata }],
    },
  }
}
