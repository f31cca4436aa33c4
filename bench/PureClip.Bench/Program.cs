using BenchmarkDotNet.Running;
using PureClip.Bench;

if (args is ["search", .. string[] rest])
    SearchReport.Run(rest);
else
    BenchmarkSwitcher.FromAssembly(typeof(GemmBench).Assembly).Run(args, BenchConfig.Create());
