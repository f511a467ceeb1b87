import { assess, kindsAbout, type Recommendation } from './assess.ts'
import { type Exemption, exemptionOf } from './exemption.ts'
import { type Fix, noFix } from './fix.ts'
import type { MachineFacts } from './machine.ts'
import type { RecommendationKind } from './recommendation-kind.ts'
import type { RecommendationId } from './recommendations.ts'
import { HEALTHY, notApplicable, type Status, unhealthy } from './status.ts'

/** What `assess` answered of one instance of a scale set, which is a VM like any other. */
export type InstanceAnswers = readonly Pick<Recommendation, 'id' | 'machine' | 'status' | 'fix'>[]

/** That nothing is known yet which could be: such an instance makes a set neither healthy nor unhealthy. */
const unknown: ReadonlySet<string> = new Set([
  ...['never-attested', 'no-evidence', 'not-verified', 'not-compared'],
])

const NO_INSTANCES = notApplicable('no-instances', 'It has no instances.')
const NAMED_MAX = 8

/**
 * Every recommendation that is about a uniform scale set: of its model, and what its instances' boots come to. One
 * instance that is unhealthy makes the set so, and one of which nothing is known yet makes it not applicable.
 * @param set its model; nothing of it was ever attested.
 * @param instances all of them, each with its own answers.
 */
export function assessSet(
  set: MachineFacts,
  instances: readonly InstanceAnswers[],
  exemptions: readonly Exemption[],
  now: number,
): Recommendation[] {
  const ofModel = new Map(assess(set, exemptions, now).map((one) => [one.id, one]))
  return kindsAbout(set).map(
    ([id, kind]) =>
      ofModel.get(id) ?? {
        ...summed(id, kind, set, instances),
        exemption: exemptionOf(exemptions, id, set.id, now),
      },
  )
}

function summed(
  id: RecommendationId,
  { severity }: RecommendationKind,
  { id: machine }: MachineFacts,
  instances: readonly InstanceAnswers[],
): Omit<Recommendation, 'exemption'> {
  const answers = instances.flatMap((all) => all.filter((one) => one.id === id))
  const failing = answers.filter(({ status }) => status.code === 'Unhealthy')
  const fix = failing[0]?.fix ?? null
  return {
    ...{ id, machine, severity, status: sumOf(answers, failing) },
    instances: failing.map((one) => one.machine),
    fix: fix === null ? null : (EACH_BY_ITSELF[fix.kind] ?? fix),
  }
}

const EACH_BY_ITSELF: { readonly [kind in Fix['kind']]?: Fix } = {
  attest: noFix('A set proves nothing: attest the instances that are named, each by itself.'),
  'update-keys': noFix(
    'A set has no firmware of its own: update the keys of the instances that are named, each by itself.',
  ),
}

function sumOf(answers: InstanceAnswers, failing: InstanceAnswers): Status {
  const told = (some: InstanceAnswers): string => {
    const { status } = some[0]!
    const why = status.code === 'Healthy' ? '' : status.description
    return `${some.length} of ${answers.length} instances (${namesOf(some)}): ${why}`
  }
  if (failing.length > 0) return unhealthy(causeOf(failing), told(failing))
  const others = answers.filter(({ status }) => status.code !== 'Healthy')
  const dark = others.filter((one) => unknown.has(causeOf([one])))
  if (dark.length > 0) return notApplicable(causeOf(dark), told(dark))
  if (answers.length === 0) return NO_INSTANCES
  return others.length < answers.length ? HEALTHY : notApplicable(causeOf(others), told(others))
}

/** Of the first of them. */
function causeOf([first]: InstanceAnswers): string {
  const { status } = first!
  return status.code === 'Healthy' ? '' : status.cause
}

/** As clients name instances: by what comes last in their ids. */
function namesOf(some: InstanceAnswers): string {
  const names = some.slice(0, NAMED_MAX).map(({ machine }) => machine.split('/').at(-1)!)
  const more = some.length - names.length
  return `${names.join(', ')}${more > 0 ? `, and ${more} more` : ''}`
}
