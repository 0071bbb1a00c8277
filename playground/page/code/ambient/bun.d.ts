/** What the samples use of Bun, whose own types are not installed. */
declare const Bun: {
  argv: string[]
  env: Record<string, string | undefined>
  serve(options: { fetch: (request: Request) => Response | Promise<Response> }): unknown
}
