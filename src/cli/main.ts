#!/usr/bin/env node
import { runProgram } from './program.ts';
import { systemTerminal } from './terminal/system-terminal.ts';

// Not process.exit: what is still on its way to a pipe would be lost. The process ends when nothing is pending.
process.exitCode = await runProgram(process.argv.slice(2), systemTerminal());
