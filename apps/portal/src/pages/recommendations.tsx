import { Switch } from '@fluentui/react-components'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { useMemo, useState } from 'react'
import type { Column } from '../components/data-table.tsx'
import { Go } from '../components/go.tsx'
import { ListPage } from '../components/list-page.tsx'
import { MayButton } from '../components/may-button.tsx'
import { rankOf, SeverityBadge } from '../components/severity-badge.tsx'
import { paths } from '../paths.ts'
import { type Assessment, useAssessments } from '../queries/assessments.ts'
import { useTexts } from '../texts/texts.ts'
import { ExemptDialog } from './recommendations/exempt-dialog.tsx'
import { FixDialog } from './recommendations/fix-dialog.tsx'

/** What is recommended of which resource; those that are not followed, unless all are asked for. */
export default function Recommendations() {
  const texts = useTexts()
  const { all } = useSearch({ strict: false }) as { all?: string }
  const navigate = useNavigate()
  const assessments = useAssessments()
  const [fixing, fix] = useState<Assessment | null>(null)
  const [exempting, exempt] = useState<Assessment | null>(null)
  const isAll = all === 'yes'
  const shown = assessments.data?.filter(
    ({ properties }) => isAll || properties.status.code === 'Unhealthy',
  )
  return (
    <>
      <ListPage
        title={texts.pages.recommendations}
        list={{ ...assessments, data: shown } as typeof assessments}
        columns={useColumns(fix, exempt)}
        idOf={({ id }) => id}
        textOf={({ properties }) =>
          `${properties.displayName} ${nameOf(properties.resourceDetails.id)}`
        }
        empty={texts.security.noRecommendations}
        advice={texts.security.noRecommendationsAdvice}
        actions={
          <>
            <Switch
              label={texts.security.all}
              checked={isAll}
              onChange={(_, { checked }) =>
                navigate({
                  to: '.',
                  search: (checked ? { all: 'yes' } : {}) as never,
                  replace: true,
                })
              }
            />
            <Go to={paths.exemptions}>{texts.govern.exemptions.all}</Go>
          </>
        }
      />
      {fixing !== null && <FixDialog of={fixing} onClose={() => fix(null)} />}
      {exempting !== null && <ExemptDialog of={exempting} onClose={() => exempt(null)} />}
    </>
  )
}

function useColumns(
  fix: (one: Assessment) => void,
  exempt: (one: Assessment) => void,
): readonly Column<Assessment>[] {
  const texts = useTexts()
  return useMemo(() => {
    const { security } = texts
    return [
      {
        ...{ id: 'recommendation', title: security.recommendation },
        value: ({ properties }) => properties.displayName,
      },
      {
        ...{ id: 'severity', title: security.severity, width: 8 },
        value: (one) => rankOf(severityOf(one)),
        cell: (one) => <SeverityBadge of={severityOf(one)} />,
      },
      {
        ...{ id: 'status', title: security.status, width: 9 },
        value: ({ properties }) => security.assessment[properties.status.code] ?? '',
      },
      {
        ...{ id: 'cannot', title: security.cannot, width: 13 },
        value: ({ properties }) => properties.status.description ?? properties.status.cause ?? '',
      },
      {
        ...{ id: 'machine', title: security.machine, width: 12 },
        value: ({ properties }) => nameOf(properties.resourceDetails.id),
        cell: ({ properties }) => (
          <Go to={paths.machine(properties.resourceDetails.id)}>
            {nameOf(properties.resourceDetails.id)}
          </Go>
        ),
      },
      {
        ...{ id: 'fix', title: security.fix, width: 7 },
        value: ({ properties }) => (properties.additionalData.fix === undefined ? 0 : 1),
        cell: (one) =>
          one.properties.additionalData.fix !== undefined && (
            <MayButton
              size="small"
              needs={{ action: 'Microsoft.Security/assessments/fix/action', scope: one.id }}
              onClick={() => fix(one)}
            >
              {security.fix}
            </MayButton>
          ),
      },
      {
        ...{ id: 'exempt', title: texts.govern.exemptions.exempt, width: 7 },
        value: ({ properties }) => (properties.status.code === 'Unhealthy' ? 1 : 0),
        cell: (one) =>
          one.properties.status.code === 'Unhealthy' && (
            <MayButton
              size="small"
              needs={{
                action: 'TrustedLaunch/exemptions/write',
                scope: one.properties.resourceDetails.id,
              }}
              onClick={() => exempt(one)}
            >
              {texts.govern.exemptions.exempt}
            </MayButton>
          ),
      },
    ]
  }, [texts, fix, exempt])
}

function severityOf({ properties }: Assessment): string {
  return properties.additionalData.severity ?? properties.metadata?.severity ?? ''
}

function nameOf(id: string): string {
  return id.slice(id.lastIndexOf('/') + 1)
}
