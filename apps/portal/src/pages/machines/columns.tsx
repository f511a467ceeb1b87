import { Link as FluentLink } from '@fluentui/react-components'
import { Link } from '@tanstack/react-router'
import type { MachineRow } from '@trusted-launch/api'
import { useMemo } from 'react'
import type { Column } from '../../components/data-table.tsx'
import { IntegrityBadge } from '../../components/integrity-badge.tsx'
import { paths } from '../../paths.ts'
import { useTexts } from '../../texts/texts.ts'

export function useMachineColumns(): readonly Column<MachineRow>[] {
  const texts = useTexts()
  return useMemo(() => {
    const { machines } = texts
    return [
      {
        ...{ id: 'name', title: machines.name, value: ({ name }) => name },
        cell: ({ id, name }) => (
          <Link to={paths.machine(id)}>
            {/* The look of a link, in the page's own router. */}
            <FluentLink as="span">{name}</FluentLink>
          </Link>
        ),
      },
      {
        ...{ id: 'integrity', title: texts.integrity.title, width: 10 },
        value: ({ integrity }) => texts.integrity[integrity],
        cell: ({ integrity, id }) => (
          <Link to={paths.machine(id, 'integrity')}>
            <IntegrityBadge of={integrity} />
          </Link>
        ),
      },
      {
        ...{ id: 'state', title: machines.state, width: 8 },
        value: ({ power }) => texts.power[power] ?? power,
      },
      { id: 'size', title: machines.size, value: ({ size }) => size },
      {
        ...{ id: 'security', title: machines.security, width: 9 },
        value: ({ securityType }) => securityType,
      },
      { id: 'group', title: machines.group, value: ({ resourceGroup }) => resourceGroup },
      { id: 'system', title: machines.system, value: ({ system }) => system, width: 6 },
      {
        ...{ id: 'tags', title: machines.tags },
        value: ({ tags }) =>
          Object.entries(tags)
            .map(([name, value]) => `${name}=${value}`)
            .join(', '),
      },
    ]
  }, [texts])
}
