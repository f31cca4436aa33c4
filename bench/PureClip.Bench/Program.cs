using BenchmarkDotNet.Running;
using PureClip.Bench;

BenchmarkSwitcher.FromAssembly(typeof(GemmBench).Assembly).Run(args, BenchConfig.Create());
