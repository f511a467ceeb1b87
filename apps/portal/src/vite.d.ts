// What vite takes besides TypeScript.
declare module '*.css'
