import { FluentProvider } from '@fluentui/react-components'
import { createContext, type ReactNode, useContext, useEffect, useMemo, useState } from 'react'
import { LanguageContext } from '../texts/texts.ts'
import { loadSettings, type Settings, saveSettings } from './settings.ts'
import { useTheme } from './theme.ts'

interface Chosen {
  readonly settings: Settings
  choose(change: Partial<Settings>): void
}

const Context = createContext<Chosen | null>(null)

/** Theme and language, as this browser last chose them. */
export function Appearance({ children }: { readonly children: ReactNode }) {
  const [settings, setSettings] = useState(loadSettings)
  const theme = useTheme(settings.theme)
  const chosen = useMemo<Chosen>(
    () => ({
      settings,
      choose(change) {
        const next = { ...settings, ...change }
        saveSettings(next)
        setSettings(next)
      },
    }),
    [settings],
  )
  useEffect(() => {
    document.documentElement.lang = settings.language
  }, [settings.language])
  return (
    <Context.Provider value={chosen}>
      <LanguageContext.Provider value={settings.language}>
        <FluentProvider theme={theme} style={{ minHeight: '100%' }}>
          {children}
        </FluentProvider>
      </LanguageContext.Provider>
    </Context.Provider>
  )
}

export function useAppearance(): Chosen {
  return useContext(Context)!
}
