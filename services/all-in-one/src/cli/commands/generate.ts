import { allDomains } from '@millrace/domains/contracts'
import { simulations } from '@millrace/domains/simulation'
import { kafkaEventLogFromEnv } from '@millrace/event-log'
import { type DomainSimulation, generatorName, loadKafkaConfig, openGenerator } from '@millrace/simulation'
import type { Command } from 'commander'
import { onAbort } from '../../on-abort.ts'
import { type CommandContext, ExitCode } from '../context.ts'
import { addGeneratorOptions, readGeneratorOptions } from '../generator-flags.ts'
import { createTerminalLogger, lastWarning } from '../terminal-logger.ts'
import { createWaits } from '../waits.ts'

export function addGenerateCommand(program: Command, context: CommandContext, finish: (code: number) => void): void {
  const generate = program.command('generate').description('make the events of a domain, or send recorded ones')
  for (const simulation of simulations.values()) addDomain(generate, simulation, context, finish)
}

function addDomain(
  generate: Command,
  simulation: DomainSimulation,
  context: CommandContext,
  finish: (code: number) => void,
): void {
  const { terminal, signal, clock, environment } = context
  const { domain } = simulation
  addGeneratorOptions(generate.command(domain), [simulation])
    .description(allDomains.find(({ name }) => name === domain)!.title)
    .addHelpText(
      'after',
      '\nThe sink kafka takes its brokers from MILLRACE_KAFKA_BROKERS. Ctrl-C ends after what was sent is answered.',
    )
    .action(async (flags: Readonly<Record<string, unknown>>) => {
      const options = readGeneratorOptions(simulation, flags)
      const { logger, lastLine } = createTerminalLogger(generatorName(domain), terminal)
      const opening = openGenerator({
        simulation,
        options,
        clock,
        logger,
        openLog: () => kafkaEventLogFromEnv(loadKafkaConfig(environment), { clock, logger }),
        onProgress: ({ emitted, acknowledged, refused, share }) =>
          terminal.progress(
            `${(share * 100).toFixed(0)} %: ${emitted.toLocaleString('en-US')} generated, ${acknowledged.toLocaleString('en-US')} acknowledged, ${refused.toLocaleString('en-US')} refused`,
          ),
      })
      const generator = await createWaits(context).during(`the sink ${options.sink.kind}`, opening, lastLine)
      await generator.start()
      onAbort(signal, () => void generator.stop())
      const summary = await generator.finished
      await generator.stop()
      terminal.endProgress()
      terminal.say(JSON.stringify(summary, null, 2))
      if (summary.unanswered > 0)
        terminal.say(`${summary.unanswered} records were not acknowledged.${lastWarning(lastLine())}`)
      if (summary.refused > 0 || summary.unanswered > 0) finish(ExitCode.failed)
    })
}
