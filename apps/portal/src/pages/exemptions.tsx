import { useMemo } from 'react'
import { Act } from '../components/act.tsx'
import type { Column } from '../components/data-table.tsx'
import { ListPage } from '../components/list-page.tsx'
import { Failed } from '../components/states.tsx'
import { Time } from '../components/time.tsx'
import { type Exemption, useExemptions, useRecommendationTitles } from '../queries/exemptions.ts'
import { useLongAction } from '../queries/long-action.ts'
import { useNames } from '../queries/names.ts'
import { scopeIn } from '../queries/plans.ts'
import { useScopeNames } from '../queries/scope-names.ts'
import { useTexts } from '../texts/texts.ts'

interface Row extends Exemption {
  readonly what: string
  readonly where: string
  readonly who: string
}

/** Who answers for not following which recommendation, where, why and until when. */
export default function Exemptions() {
  const texts = useTexts()
  const { exemptions: words } = texts.govern
  const exemptions = useExemptions()
  const titleOf = useRecommendationTitles()
  const nameOf = useNames(exemptions.data?.map(({ properties }) => properties.by) ?? [])
  const placeOf = useScopeNames()
  const action = useLongAction()
  const rows = exemptions.data?.map(
    (one): Row => ({
      ...one,
      what: titleOf(one.properties.assessmentKey),
      where: placeOf(scopeIn(one.id)),
      who: nameOf(one.properties.by),
    }),
  )
  return (
    <ListPage
      title={texts.pages.exemptions}
      list={{ ...exemptions, data: rows } as never}
      columns={useColumns((id) => action.mutate({ method: 'DELETE', path: id }))}
      idOf={({ id }) => id}
      textOf={({ what, where, who, properties }) => `${what} ${where} ${who} ${properties.reason}`}
      empty={words.none}
      advice={words.noneAdvice}
      actions={action.isError && <Failed error={action.error} />}
    />
  )
}

function useColumns(end: (id: string) => void): readonly Column<Row>[] {
  const { govern, security, administration } = useTexts()
  return useMemo(() => {
    const { exemptions: words } = govern
    return [
      { id: 'what', title: security.recommendation, value: ({ what }) => what },
      { id: 'where', title: words.where, width: 11, value: ({ where }) => where },
      {
        ...{ id: 'category', title: words.category, width: 13 },
        value: ({ properties: { category } }) => words.categories[category] ?? category,
      },
      {
        ...{ id: 'reason', title: security.reason, width: 13 },
        value: ({ properties }) => properties.reason,
      },
      { id: 'by', title: words.by, width: 9, value: ({ who }) => who },
      {
        ...{ id: 'until', title: words.until, width: 15 },
        value: ({ properties }) => properties.expiresOn ?? '',
        cell: ({ properties: { expiresOn: at } }) =>
          at !== undefined && (
            <>
              <Time at={at} /> {Date.parse(at) <= Date.now() && words.over}
            </>
          ),
      },
      {
        ...{ id: 'end', title: administration.action, width: 7, value: () => '' },
        cell: ({ id, what, where }) => (
          <Act
            size="small"
            verb={words.end}
            needs={{ action: 'TrustedLaunch/exemptions/delete', scope: id }}
            question={words.endAsk(what, where)}
            onYes={() => end(id)}
          />
        ),
      },
    ]
  }, [govern, security, administration, end])
}
