import { Subtitle1, Text } from '@fluentui/react-components'
import { useParams } from '@tanstack/react-router'
import { useState } from 'react'
import { Go } from '../components/go.tsx'
import { MayButton } from '../components/may-button.tsx'
import { Page } from '../components/page.tsx'
import { Properties } from '../components/properties.tsx'
import { ReasonDialog } from '../components/reason-dialog.tsx'
import { Row } from '../components/row.tsx'
import { SeverityBadge } from '../components/severity-badge.tsx'
import { Failed, Loading } from '../components/states.tsx'
import { Time } from '../components/time.tsx'
import { idIn, paths } from '../paths.ts'
import { type Alert, type AlertVerb, useAlert, useAlertVerb } from '../queries/alerts.ts'
import { useSubscription } from '../session/subscription.tsx'
import { useTexts } from '../texts/texts.ts'
import { Findings } from './alert/findings.tsx'
import { Value } from './machine/integrity/value.tsx'
import { draftFrom } from './suppression/draft.ts'
import { RuleDialog } from './suppression/rule-dialog.tsx'

/** One alert: what is wrong, with which component, and what to do. */
export default function AlertPage() {
  const { id: given = '' } = useParams({ strict: false })
  const texts = useTexts()
  const alert = useAlert(idIn(given))
  return (
    <Page title={alert.data?.properties.alertDisplayName ?? texts.security.alert}>
      {alert.isPending && <Loading />}
      {alert.isError && <Failed error={alert.error} retry={alert.refetch} />}
      {alert.data !== undefined && <Details alert={alert.data} />}
    </Page>
  )
}

function Details({ alert }: { alert: Alert }) {
  const texts = useTexts()
  const { security } = texts
  const { properties } = alert
  const machine = properties.entities[0]!.resourceId
  const { cause, suppressedBy } = properties.extendedProperties
  return (
    <>
      <Text>{properties.description}</Text>
      <Verbs alert={alert} />
      <Properties
        of={[
          [security.severity, <SeverityBadge key="severity" of={properties.severity} />],
          [security.status, security.states[properties.status] ?? properties.status],
          ...(suppressedBy === undefined
            ? []
            : [
                [
                  security.suppressedBy,
                  <Go key="rule" to={paths.suppression} search={{ filter: suppressedBy }}>
                    {suppressedBy}
                  </Go>,
                ] as const,
              ]),
          [
            security.machine,
            <Go key="machine" to={paths.machine(machine, 'integrity')}>
              {properties.compromisedEntity}
            </Go>,
          ],
          ...(cause === undefined
            ? []
            : [[security.cause, <Value key="cause" text={cause} />] as const]),
          [security.firstSeen, <Time key="first" at={properties.startTimeUtc} />],
          [security.lastSeen, <Time key="last" at={properties.endTimeUtc} />],
          [security.count, properties.extendedProperties.count ?? '1'],
          [security.tactic, [properties.intent, ...properties.techniques].join(', ')],
        ]}
      />
      <Subtitle1 as="h2">{security.findings}</Subtitle1>
      <Findings of={properties.supportingEvidence.findings} />
      <Subtitle1 as="h2">{security.remediation}</Subtitle1>
      <ol>
        {properties.remediationSteps.map((step) => (
          <li key={step}>{step}</li>
        ))}
      </ol>
    </>
  )
}

/** What may be decided, by how it stands. */
const VERBS: Readonly<Record<string, readonly AlertVerb[]>> = {
  Active: ['inProgress', 'resolve', 'dismiss'],
  InProgress: ['resolve', 'dismiss', 'activate'],
  Resolved: ['activate'],
  Dismissed: ['activate'],
}

function Verbs({ alert }: { alert: Alert }) {
  const { id: subscription } = useSubscription()
  const { security, govern } = useTexts()
  const [isSuppressing, suppress] = useState(false)
  const decide = useAlertVerb(alert.id)
  const [asking, ask] = useState<AlertVerb | null>(null)
  const { alertDisplayName, compromisedEntity, status, extendedProperties } = alert.properties
  return (
    <Row label={alertDisplayName}>
      {(VERBS[status] ?? []).map((verb) => (
        <MayButton
          key={verb}
          needs={{ action: `Microsoft.Security/alerts/${verb}/action`, scope: alert.id }}
          isBusy={decide.isPending}
          onClick={() => ask(verb)}
        >
          {security.verbs[verb]}
        </MayButton>
      ))}
      {extendedProperties.suppressedBy === undefined && (
        <MayButton
          needs={{ action: 'Microsoft.Security/alertsSuppressionRules/write', scope: subscription }}
          onClick={() => suppress(true)}
        >
          {govern.suppression.suppress}
        </MayButton>
      )}
      {decide.isError && <Failed error={decide.error} />}
      {isSuppressing && <RuleDialog from={draftFrom(alert)} onClose={() => suppress(false)} />}
      {asking !== null && (
        <ReasonDialog
          verb={security.verbs[asking]}
          question={security.reasonWanted(
            security.verbs[asking],
            `${alertDisplayName} (${compromisedEntity})`,
          )}
          onNo={() => ask(null)}
          onYes={(reason) => {
            decide.mutate({ verb: asking, reason })
            ask(null)
          }}
        />
      )}
    </Row>
  )
}
