#:project ../../src/PureClip/PureClip.csproj

// An illustrated vocabulary for a class: a page to print, with the best picture for each word and a line to write it on.
//   vocabulary.cs PICTURES words.html dog tree house
using System.Net;
using PureClip;
using PureClip.Search;

(string pictures, string page, string[] words) = (args[0], args[1], args[2..]);
using Clip clip = Clip.Load("weights/pictogram-mini");
using FolderIndex index = FolderIndex.OpenOrCreate(Path.Combine(pictures, ".pureclip"), clip);
index.Update(pictures);

HashSet<int> taken = []; // no picture for two words
using StreamWriter html = new(page);
html.WriteLine("<!DOCTYPE html><meta charset='utf-8'>");
html.WriteLine("<style>figure { display: inline-block; text-align: center } img { height: 9em }</style>");
foreach (string word in words)
{
    SearchHit best = index.Search($"a picture of a {word}", new() { Top = 1, Filter = entry => !taken.Contains(entry) })[0];
    taken.Add(best.Entry);
    string data = Convert.ToBase64String(File.ReadAllBytes(index.PathOf(best)));
    html.WriteLine($"<figure><img src='data:;base64,{data}'><figcaption>{WebUtility.HtmlEncode(word)}<br>________</figcaption></figure>");
    Console.WriteLine($"{word,-10} {best.Key}");
}
