using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;

namespace PureClip.Cli.Arguments;

/// <summary>Options whose values are checked while the command line is read, with messages that say what is allowed.</summary>
internal static class Values
{
    /// <summary>An option with any text.</summary>
    public static Option<string?> Text(string name, string valueName, string description) =>
        new(name) { HelpName = valueName, Description = description };

    /// <summary>An option that may be given several times; null or empty where it is not.</summary>
    public static Option<string[]?> Texts(string name, string valueName, string description) =>
        new(name) { HelpName = valueName, Description = description, Arity = ArgumentArity.OneOrMore };

    /// <summary>An option without a value.</summary>
    public static Option<bool> Flag(string name, string description) =>
        new(name) { Description = description, Arity = ArgumentArity.Zero };

    /// <summary>A whole number within a range.</summary>
    public static Option<long> Integer(string name, string description, long least, long most, long usual) => new(name)
    {
        HelpName = "N",
        Description = description,
        DefaultValueFactory = _ => usual,
        CustomParser = result => ParseInteger(result, name, Token(result), least, most),
    };

    /// <summary>A whole number within a range; null where the option is not given.</summary>
    public static Option<long?> OptionalInteger(string name, string description, long least, long most) => new(name)
    {
        HelpName = "N",
        Description = description,
        CustomParser = result => ParseInteger(result, name, Token(result), least, most),
    };

    /// <summary>A number within a range; null where the option is not given.</summary>
    public static Option<float?> Number(string name, string description, float least, float most) => new(name)
    {
        HelpName = "X",
        Description = description,
        CustomParser = result =>
        {
            if (float.TryParse(Token(result), NumberStyles.Float, CultureInfo.InvariantCulture, out float value)
                && value >= least && value <= most)
                return value;
            result.AddError(string.Create(CultureInfo.InvariantCulture,
                $"{name} '{Token(result)}' is not allowed; give a number from {least} to {most}."));
            return null;
        },
    };

    /// <summary>Whole numbers within a range, separated by commas; to be read with <see cref="GetValueOr"/>.</summary>
    public static Option<int[]> Integers(string name, string description, int least, int most) => new(name)
    {
        HelpName = "N,N",
        Description = description,
        Arity = ArgumentArity.ExactlyOne,
        CustomParser = result =>
            [.. Token(result).Split(',').Select(part => (int)ParseInteger(result, name, part, least, most)).Distinct()],
    };

    /// <summary>What was given, or what is usual: the parser gives an empty array for an option that is not there.</summary>
    public static int[] GetValueOr(this ParseResult line, Option<int[]> option, int[] usual) =>
        line.GetValue(option) is { Length: > 0 } given ? given : usual;

    /// <summary>Whether the user has written an option, be it with its default value.</summary>
    public static bool IsGiven(this ParseResult line, Option option) => line.GetResult(option) is { Implicit: false };

    /// <summary>The name of the first of some options that the user has written, or null.</summary>
    public static string? FirstGiven(this ParseResult line, params IEnumerable<Option> options) =>
        options.FirstOrDefault(line.IsGiven)?.Name;

    /// <summary>A sentence with a place for a word; null where the option is not given.</summary>
    public static Option<PromptTemplate?> Template(string name, string description) => new(name)
    {
        HelpName = "TEXT",
        Description = description,
        CustomParser = result => ParseTemplate(result, name, Token(result)),
    };

    /// <summary>Such sentences, of an option that may be given several times; null or empty where it is not.</summary>
    public static Option<PromptTemplate[]?> Templates(string name, string description) => new(name)
    {
        HelpName = "TEXT",
        Description = description,
        Arity = ArgumentArity.OneOrMore,
        CustomParser = result => [.. result.Tokens.Select(token => ParseTemplate(result, name, token.Value)).OfType<PromptTemplate>()],
    };

    /// <summary>One of a few words; null where the option is not given.</summary>
    public static Option<T?> Choice<T>(string name, string description, params (string Word, T Value)[] choices)
        where T : struct
    {
        Option<T?> option = new(name)
        {
            HelpName = string.Join('|', choices.Select(choice => choice.Word)),
            Description = description,
            CustomParser = result =>
            {
                string word = Token(result);
                foreach ((string allowed, T value) in choices)
                    if (allowed.Equals(word, StringComparison.OrdinalIgnoreCase))
                        return value;
                result.AddError($"{name} '{word}' is unknown; choose {string.Join(" or ", choices.Select(choice => choice.Word))}.");
                return null;
            },
        };
        option.CompletionSources.Clear(); // the names of the type's members, which nobody types
        option.CompletionSources.Add([.. choices.Select(choice => choice.Word)]);
        return option;
    }

    /// <summary>Some of a few words, separated by commas; null where the option is not given.</summary>
    public static Option<T[]?> Choices<T>(string name, string valueName, string description, params (string Word, T Value)[] choices)
        where T : struct => new(name)
        {
            HelpName = valueName,
            Description = description,
            CustomParser = result =>
            {
                List<T> chosen = [];
                foreach (string word in Token(result).Split(',', StringSplitOptions.TrimEntries))
                {
                    int place = Array.FindIndex(choices, choice => choice.Word.Equals(word, StringComparison.OrdinalIgnoreCase));
                    if (place < 0)
                    {
                        result.AddError(
                            $"{name} '{word}' is unknown; choose some of {string.Join(", ", choices.Select(choice => choice.Word))}.");
                        return null;
                    }
                    chosen.Add(choices[place].Value);
                }
                return [.. chosen];
            },
        };

    /// <summary>What the user wrote behind an option that takes one value.</summary>
    public static string Token(ArgumentResult result) => result.Tokens.Count > 0 ? result.Tokens[^1].Value : "";

    private static PromptTemplate? ParseTemplate(ArgumentResult result, string name, string text)
    {
        try
        {
            return new(text);
        }
        catch (ArgumentException e)
        {
            result.AddError($"{name}: {Failures.Describe(e)}");
            return null;
        }
    }

    private static long ParseInteger(ArgumentResult result, string name, string text, long least, long most)
    {
        const NumberStyles Allowed = NumberStyles.AllowLeadingSign | NumberStyles.AllowLeadingWhite;
        if (long.TryParse(text, Allowed, CultureInfo.InvariantCulture, out long value)
            && value >= least && value <= most)
            return value;
        string range = most == long.MaxValue ? $"{least} or more" : $"from {least} to {most}";
        result.AddError($"{name} '{text}' is not allowed; give a whole number {range}.");
        return least;
    }
}

/// <summary>An option that may be given alone or with an error rate.</summary>
internal sealed class ErrorRateOption
{
    /// <summary>Where none is given: one picture in twenty.</summary>
    public const double Usual = 0.05;

    private readonly Option<double?> _option;

    public ErrorRateOption(Command command, string name, string description)
    {
        _option = new(name)
        {
            HelpName = "ALPHA",
            Description = $"{description} [ALPHA: {Usual.ToString(CultureInfo.InvariantCulture)}]",
            Arity = ArgumentArity.ZeroOrOne,
            CustomParser = result => Parse(result, name),
        };
        command.Add(_option);
    }

    /// <summary>The error rate, or null where the option is not given.</summary>
    public double? Of(ParseResult line) => line.GetResult(_option) is null ? null : line.GetValue(_option) ?? Usual;

    private static double? Parse(ArgumentResult result, string name)
    {
        if (result.Tokens.Count == 0)
            return null;
        string text = Values.Token(result);
        if (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double rate) && rate is > 0 and < 1)
            return rate;
        result.AddError(
            $"{name} '{text}' is no error rate; give a number between 0 and 1 such as 0.01, or put {name} behind the pictures.");
        return null;
    }
}
