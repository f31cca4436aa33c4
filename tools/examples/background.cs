#:project ../../src/PureClip/PureClip.csproj

// A long job beside the program's own work: told how far it is, and stopped at any picture without losing what is done.
using PureClip;
using PureClip.Search;

string photos = args[0];
int mostPictures = args.Length > 1 ? int.Parse(args[1]) : int.MaxValue; // stands for somebody who loses patience
using Clip clip = await Clip.LoadAsync("weights/pictogram-mini");
using FolderIndex index = FolderIndex.OpenOrCreate(Path.Combine(photos, ".pureclip"), clip);
using CancellationTokenSource stop = new();
Console.CancelKeyPress += (_, key) =>
{
    key.Cancel = true; // the program ends by itself
    stop.Cancel();
};

Task<FolderUpdate> job = index.UpdateAsync(photos, progress: new Watch(mostPictures, stop), cancellationToken: stop.Token);
try
{
    FolderUpdate update = await job;
    Console.WriteLine($"done: {update.Added} new, {update.Unchanged} as they were");
}
catch (OperationCanceledException)
{
    Console.WriteLine($"stopped; {index.Index.Count} are kept, and the next run goes on from here");
}

/// <summary>Hears of each picture on the thread that has done it, so it only writes down.</summary>
sealed class Watch(int mostPictures, CancellationTokenSource stop) : IProgress<FolderProgress>
{
    public void Report(FolderProgress value)
    {
        Console.Error.Write($"\r{value.Done} of {value.Total}");
        if (value.Done >= mostPictures)
            stop.Cancel();
    }
}
