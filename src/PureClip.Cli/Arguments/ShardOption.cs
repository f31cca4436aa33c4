using System.CommandLine;
using PureClip.Search;

namespace PureClip.Cli.Arguments;

/// <summary><c>--shard</c>: one of several parts of all pictures.</summary>
internal sealed class ShardOption
{
    private readonly Option<ContentShard?> _shard = new("--shard")
    {
        HelpName = "I/N",
        Description = "Take the pictures of one of N parts alone, 1/N to N/N, so that N processes or machines share the work: a picture's "
            + "content says which, so that parts never overlap. 'pureclip merge' makes one index of theirs.",
        CustomParser = static result =>
        {
            if (ContentShard.TryParse(Values.Token(result), out ContentShard shard))
                return shard;
            result.AddError($"--shard '{Values.Token(result)}' is no part; give for instance 2/8, from 1/8 to 8/8.");
            return null;
        },
    };

    public ShardOption(Command command) => command.Add(_shard);

    /// <summary>The part; null for all.</summary>
    public ContentShard? Of(ParseResult line) => line.GetValue(_shard);
}
