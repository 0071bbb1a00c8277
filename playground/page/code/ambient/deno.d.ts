/** What the samples use of Deno, whose own types are not installed. */
declare const Deno: {
  args: string[]
  env: { toObject(): Record<string, string> }
  serve(handler: (request: Request) => Response | Promise<Response>): unknown
}
