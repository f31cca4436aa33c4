#:project ../../src/PureClip/PureClip.csproj

// Photo search in fifteen lines. The folder keeps its index: the second search computes nothing but the words.
using PureClip;
using PureClip.Search;

(string photos, string wanted) = (args[0], args[1]);
using Clip clip = Clip.Load("weights/pictogram-mini");
using FolderIndex index = FolderIndex.OpenOrCreate(Path.Combine(photos, ".pureclip"), clip);
FolderUpdate update = index.Update(photos);
Console.WriteLine($"{update.Added} new, {update.Unchanged} as they were");
foreach (SearchHit hit in index.Search(wanted, new() { Top = 3 }))
    Console.WriteLine($"{hit.Score:0.000} {hit.Key}");
