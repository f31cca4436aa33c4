using System.CommandLine;
using PureClip.Generation;

namespace PureClip.Cli.Arguments;

/// <summary><c>--generator</c>: the weights that draw.</summary>
internal sealed class GeneratorOption
{
    /// <summary>The environment variable that names them where the option does not.</summary>
    public const string EnvironmentVariable = "PURECLIP_GENERATOR";

    private static readonly string Shipped = Path.Combine(AppContext.BaseDirectory, "weights", "pictogram-draw", "generator.safetensors");

    private readonly Option<string?> _file = Values.Text("--generator", "FILE",
        $"Weights that draw, as 'pureclip-train generator' writes them; they belong to one model. [default: {EnvironmentVariable}, else the "
            + "shipped ones, which belong to pictogram-mini]");

    public GeneratorOption(Command command) => command.Add(_file);

    /// <summary>The file.</summary>
    /// <exception cref="FileNotFoundException">There is none.</exception>
    public string File(ParseResult line)
    {
        string? named = line.GetValue(_file) ?? Environment.GetEnvironmentVariable(EnvironmentVariable);
        if (named is { Length: > 0 })
            return System.IO.File.Exists(named) ? named : throw new FileNotFoundException($"{named}: there is no such file.");
        return System.IO.File.Exists(Shipped)
            ? Shipped
            : throw new FileNotFoundException(
                $"There are no weights that draw: {Shipped} is not there. Copy it with the program, or name others with --generator FILE or "
                + $"{EnvironmentVariable}; 'pureclip-train generator' trains them.");
    }
}

/// <summary>A sum of texts and pictures: <c>image(a.png) - image(b.png) + 0.5 * text(red)</c>.</summary>
internal static class PromptExpression
{
    private const string Form =
        "terms such as image(FILE) and text(WORDS), each with '+' or '-' before it and maybe a weight: 0.5 * text(red)";

    /// <summary>Reads it.</summary>
    /// <exception cref="UsageException">It is something else.</exception>
    /// <exception cref="FileNotFoundException">There is no such picture.</exception>
    public static DrawingPrompt Parse(string expression)
    {
        List<(float Weight, DrawingPrompt Prompt)> terms = [];
        ReadOnlySpan<char> rest = expression.AsSpan().Trim();
        while (rest.Length > 0)
        {
            float sign = 1;
            if (rest[0] is '+' or '-')
            {
                sign = rest[0] == '-' ? -1 : 1;
                rest = rest[1..].TrimStart();
            }
            else if (terms.Count > 0)
            {
                throw Wrong(rest);
            }
            int star = rest.IndexOf('*'), open = rest.IndexOf('(');
            float weight = 1;
            if (star >= 0 && star < open)
            {
                if (!float.TryParse(rest[..star].Trim(), System.Globalization.CultureInfo.InvariantCulture, out weight) || !(weight > 0)
                    || !float.IsFinite(weight))
                    throw Wrong(rest);
                rest = rest[(star + 1)..].TrimStart();
                open = rest.IndexOf('(');
            }
            int close = rest.IndexOf(')');
            string value = open >= 0 && close > open ? rest[(open + 1)..close].Trim().ToString() : "";
            if (value.Length == 0)
                throw Wrong(rest);
            terms.Add((sign * weight, rest[..open].Trim() switch
            {
                "image" => File.Exists(value)
                    ? DrawingPrompt.FromPicture(value)
                    : throw new FileNotFoundException($"{value}: there is no such picture."),
                "text" => DrawingPrompt.FromText(value),
                _ => throw Wrong(rest),
            }));
            rest = rest[(close + 1)..].TrimStart();
        }
        return terms.Count > 0 ? DrawingPrompt.Sum(terms) : throw Wrong(expression);

        static UsageException Wrong(ReadOnlySpan<char> at) => new($"draw: \"{at}\" is not understood; --from takes {Form}.");
    }
}
