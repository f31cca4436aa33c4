#:project ../../src/PureClip/PureClip.csproj

// Pictures for a campaign by a brand's words: what it stands for, less what it does not want to be taken for.
//   campaign.cs PHOTOS "fruit,summer drink,flowers" snow,night
using PureClip;
using PureClip.Concepts;
using PureClip.Search;

using Clip clip = Clip.Load("weights/pictogram-mini");
string[] wanted = args[1].Split(','), unwanted = args[2].Split(',');
ConceptVector brand = ConceptVector.Sum(clip.Space,
[
    .. wanted.Select(word => new ConceptTerm(1f / wanted.Length, clip.EncodeText(word), word)),
    .. unwanted.Select(word => new ConceptTerm(-0.5f / unwanted.Length, clip.EncodeText(word), word)),
]);

using FolderIndex index = FolderIndex.OpenOrCreate(Path.Combine(args[0], ".pureclip"), clip);
index.Update(args[0]);
foreach (SearchHit hit in index.Index.Search(brand.Vector.Span, new() { Top = 5 }))
    Console.WriteLine($"{hit.Score:0.000} {hit.Key}");
