using BenchmarkDotNet.Running;
using PureClip.Bench;

if (args is ["search", .. string[] rest])
    SearchReport.Run(rest);
else if (args is ["families", .. string[] families])
    FamilyReport.Run(families);
else if (args is ["pictures", .. string[] pictures])
    PictureReport.Run(pictures);
else if (args is ["postgres", .. string[] database])
    await PostgresReport.Run(database);
else
    BenchmarkSwitcher.FromAssembly(typeof(GemmBench).Assembly).Run(args, BenchConfig.Create());
