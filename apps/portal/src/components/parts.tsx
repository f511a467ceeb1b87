import { Tab, TabList } from '@fluentui/react-components'
import { useNavigate, useSearch } from '@tanstack/react-router'

/** Which part of a page is shown: the address says which; the first, where it says none. */
export function usePart<T extends string>(parts: readonly [T, ...T[]]): T {
  const { part } = useSearch({ strict: false }) as { part?: T }
  return part !== undefined && parts.includes(part) ? part : parts[0]
}

/** The parts of a page, one at a time. What else its address says is of the part that is left. */
export function PartTabs<T extends string>(given: {
  parts: readonly (readonly [part: T, title: string])[]
  shown: T
}) {
  const navigate = useNavigate()
  return (
    <TabList
      selectedValue={given.shown}
      style={{ flexWrap: 'wrap', flexShrink: 1 }}
      onTabSelect={(_, { value }) =>
        navigate({ to: '.', search: { part: value } as never, replace: true })
      }
    >
      {given.parts.map(([part, title]) => (
        <Tab key={part} value={part}>
          {title}
        </Tab>
      ))}
    </TabList>
  )
}
