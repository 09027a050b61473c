import { createLolGenerator, openLolSink } from '@millrace/lol-generator'
import { createLogger } from '@millrace/runtime'
import type { Command } from 'commander'
import { type CommandContext, ExitCode } from '../context.ts'
import { addGeneratorOptions, readGeneratorOptions } from '../generator-flags.ts'

export function addGenerateCommand(
  program: Command,
  { terminal, signal, clock, environment }: CommandContext,
  finish: (code: number) => void,
): void {
  const generate = program.command('generate').description('make the events of a domain')
  addGeneratorOptions(generate.command('lol'))
    .description('League of Legends matches: players who move, wait, buy and die, some of whom cheat')
    .addHelpText(
      'after',
      '\nThe sink kafka takes its brokers from MILLRACE_KAFKA_BROKERS. Ctrl-C ends after what was sent is answered.',
    )
    .action(async (flags: Readonly<Record<string, unknown>>) => {
      const options = readGeneratorOptions(flags)
      const logger = createLogger('lol-generator', { level: 'error' })
      const generator = createLolGenerator({
        options,
        sink: await openLolSink(options, { clock, logger, environment }),
        clock,
        logger,
        onProgress: ({ emitted, acknowledged, refused, share }) =>
          terminal.progress(
            `${(share * 100).toFixed(0)} %: ${emitted.toLocaleString('en-US')} generated, ${acknowledged.toLocaleString('en-US')} acknowledged, ${refused.toLocaleString('en-US')} refused`,
          ),
      })
      const stop = (): void => void generator.stop()
      signal.addEventListener('abort', stop, { once: true })
      await generator.start()
      const summary = await generator.finished
      await generator.stop()
      terminal.endProgress()
      terminal.say(JSON.stringify(summary, null, 2))
      if (summary.refused > 0 || summary.unanswered > 0) finish(ExitCode.failed)
    })
}
