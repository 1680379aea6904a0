-- Who takes part in which conversation, since no index reaches into the arrays of documents:
-- a row for each user, and '' for those who are none. inbox and active say that it is so for
-- one of his entries. Triggers keep it, so that it is right whatever changes a conversation.
CREATE TABLE conversation_participants (
  "user" TEXT COLLATE "C" NOT NULL, created_at BIGINT NOT NULL, conversation TEXT COLLATE "C" NOT NULL,
  inbox BIGINT NOT NULL, active BIGINT NOT NULL,
  PRIMARY KEY ("user", created_at, conversation));
CREATE INDEX conversation_participants_inbox ON conversation_participants (conversation) WHERE inbox = 1;
CREATE INDEX conversation_participants_active ON conversation_participants (conversation) WHERE active = 1;

CREATE FUNCTION participants_of(fields JSONB) RETURNS TABLE ("user" TEXT, inbox BIGINT, active BIGINT)
LANGUAGE sql IMMUTABLE AS $$
  SELECT left(coalesce(e.value ->> 'user', ''), 200),
    max((coalesce(e.value -> 'inbox', 'null') = 'true')::int)::bigint, max((coalesce(e.value -> 'active', 'null') = 'true')::int)::bigint
  FROM jsonb_array_elements(CASE jsonb_typeof(fields -> 'participants') WHEN 'array' THEN fields -> 'participants' ELSE '[]' END) AS e
  WHERE jsonb_typeof(e.value) = 'object' GROUP BY 1
$$;

CREATE FUNCTION keep_participants() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'INSERT' THEN
    DELETE FROM conversation_participants AS p WHERE p.created_at = old.created_at AND p.conversation = old.id
      AND p."user" IN (SELECT o."user" COLLATE "C" FROM participants_of(old.fields) AS o);
  END IF;
  IF TG_OP <> 'DELETE' THEN
    INSERT INTO conversation_participants ("user", created_at, conversation, inbox, active)
      SELECT n."user", new.created_at, new.id, n.inbox, n.active FROM participants_of(new.fields) AS n;
  END IF;
  RETURN NULL;
END
$$;

CREATE TRIGGER conversations_inserted AFTER INSERT ON conversations
  FOR EACH ROW EXECUTE FUNCTION keep_participants();
CREATE TRIGGER conversations_updated AFTER UPDATE ON conversations
  FOR EACH ROW WHEN (old.fields -> 'participants' IS DISTINCT FROM new.fields -> 'participants') EXECUTE FUNCTION keep_participants();
CREATE TRIGGER conversations_deleted AFTER DELETE ON conversations
  FOR EACH ROW EXECUTE FUNCTION keep_participants();

-- What clients ask for by its value. An entry of an index may not be long, whatever clients have sent: each begins with
-- the beginning of the value. Where most have the same value, or all have one, org_path says who may see them
-- without a look at the rows.
CREATE INDEX conversations_status ON conversations (left(fields ->> 'status', 200) COLLATE "C", created_at, id, org_path);
CREATE INDEX conversations_changed ON conversations (updated_at, id, org_path);
CREATE INDEX contacts_conversation ON contacts (left(fields ->> 'conversation', 200) COLLATE "C", created_at, id);
CREATE INDEX contacts_telephone ON contacts (left(fields -> 'profile' ->> 'telephone', 200) COLLATE "C", created_at, id);
CREATE INDEX contacts_email ON contacts (left(fields -> 'profile' ->> 'email', 200) COLLATE "C", created_at, id);
CREATE INDEX contacts_changed ON contacts (updated_at, id);
CREATE INDEX users_email ON users (left(fields ->> 'email', 200) COLLATE "C", created_at, id);
CREATE INDEX services_type ON services (left(fields ->> 'type', 200) COLLATE "C", created_at, id);
CREATE INDEX services_bot ON services (left(fields ->> 'bot', 200) COLLATE "C", created_at, id);
CREATE INDEX botinstances_bot ON botinstances (left(fields ->> 'bot', 200) COLLATE "C", created_at, id);

-- Few deliveries are not delivered; the others cost nothing here.
CREATE INDEX deliveries_status ON deliveries (status, seq) WHERE status <> 1;
CREATE INDEX deliveries_service_status ON deliveries (service, status, seq) WHERE status <> 1;

-- What the list dialect needs beyond what PostgreSQL has. bellhop_fold takes from texts what differs in case alone, as the
-- package query does: the small letter in ASCII, else the first of the characters that are the same. lower with
-- the collation C knows ASCII alone; the table has all others, behind some that are frequent and stay, since
-- translate looks through it from its begin.
CREATE FUNCTION bellhop_fold(t TEXT) RETURNS TEXT LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
  IF octet_length(t) = length(t) OR t COLLATE "C" !~ '[\u00e0-\u0586\u13f8-\u13fd\u1c80-\u1cbf\u1e01-\u1ffc\u2126-\u2184\u24d0-\u24e9\u2c30-\u2d2d\ua641-\ua7f6\uab53-\uabbf\uff41-\uff5a\U00010428-\U000105bc\U00010cc0-\U00010cf2\U000118c0-\U000118df\U00016e60-\U00016e7f\U0001e922-\U0001e943]' THEN
    RETURN lower(t COLLATE "C");
  END IF;
  RETURN translate(lower(t COLLATE "C"), ' etaoinsrhldcumfpgwybvkxjqz0123456789.,-:/!?()@'
      || 'àáâãäåæçèéêëìíîïðñòóôõöøùúûüýþāăąćĉċčďđēĕėęěĝğġģĥħĩīĭįĳĵķĺļľŀłńņňŋōŏőœŕŗřśŝşšţťŧũūŭůűųŵŷŸźżžſƃƅƈƌƒƙơ'
      || 'ƣƥƨƭưƴƶƹƽǅǆǈǉǋǌǎǐǒǔǖǘǚǜǝǟǡǣǥǧǩǫǭǯǲǳǵǶǷǹǻǽǿȁȃȅȇȉȋȍȏȑȓȕȗșțȝȟȠȣȥȧȩȫȭȯȱȳȼȽɂɃɇɉɋɍɏɓɔɖɗəɛɠɣɨɩɯɲɵʀʃʈʉʊʋʌʒͱͳ'
      || 'ͷΙΜάέήίαβγδεζηθικλμνξοπρςστυφχψωϊϋόύώϐϑϕϖϗϙϛϝϟϡϣϥϧϩϫϭϯϰϱϳϴϵϸϹϻϽϾϿабвгдежзийклмнопрстуфхцчшщъыьэюяѐёђ'
      || 'ѓєѕіїјљњћќѝўџѡѣѥѧѩѫѭѯѱѳѵѷѹѻѽѿҁҋҍҏґғҕҗҙқҝҟҡңҥҧҩҫҭүұҳҵҷҹһҽҿӂӄӆӈӊӌӎӏӑӓӕӗәӛӝӟӡӣӥӧөӫӭӯӱӳӵӷӹӻӽӿԁԃԅԇԉԋԍԏԑԓԕ'
      || 'ԗԙԛԝԟԡԣԥԧԩԫԭԯաբգդեզէըթժիլխծկհձղճմյնշոչպջռսվտրցւփքօֆᏸᏹᏺᏻᏼᏽᲀᲁᲂᲃᲄᲅᲆᲇᲐᲑᲒᲓᲔᲕᲖᲗᲘᲙᲚᲛᲜᲝᲞᲟᲠᲡᲢᲣᲤᲥᲦᲧᲨᲩᲪᲫᲬᲭᲮᲯᲰᲱᲲ'
      || 'ᲳᲴᲵᲶᲷᲸᲹᲺᲽᲾᲿḁḃḅḇḉḋḍḏḑḓḕḗḙḛḝḟḡḣḥḧḩḫḭḯḱḳḵḷḹḻḽḿṁṃṅṇṉṋṍṏṑṓṕṗṙṛṝṟṡṣṥṧṩṫṭṯṱṳṵṷṹṻṽṿẁẃẅẇẉẋẍẏẑẓẕẛẞạảấầẩẫậắằẳẵặ'
      || 'ẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹỻỽỿἈἉἊἋἌἍἎἏἘἙἚἛἜἝἨἩἪἫἬἭἮἯἸἹἺἻἼἽἾἿὈὉὊὋὌὍὙὛὝὟὨὩὪὫὬὭὮὯᾈᾉᾊᾋᾌᾍᾎᾏᾘᾙᾚᾛᾜᾝᾞᾟ'
      || 'ᾨᾩᾪᾫᾬᾭᾮᾯᾸᾹᾺΆᾼιῈΈῊΉῌῘῙῚΊῨῩῪΎῬῸΌῺΏῼΩKÅⅎⅰⅱⅲⅳⅴⅵⅶⅷⅸⅹⅺⅻⅼⅽⅾⅿↄⓐⓑⓒⓓⓔⓕⓖⓗⓘⓙⓚⓛⓜⓝⓞⓟⓠⓡⓢⓣⓤⓥⓦⓧⓨⓩⰰⰱⰲⰳⰴⰵⰶⰷⰸⰹⰺⰻⰼⰽⰾⰿⱀⱁⱂⱃ'
      || 'ⱄⱅⱆⱇⱈⱉⱊⱋⱌⱍⱎⱏⱐⱑⱒⱓⱔⱕⱖⱗⱘⱙⱚⱛⱜⱝⱞⱟⱡⱢⱣⱤⱥⱦⱨⱪⱬⱭⱮⱯⱰⱳⱶⱾⱿⲁⲃⲅⲇⲉⲋⲍⲏⲑⲓⲕⲗⲙⲛⲝⲟⲡⲣⲥⲧⲩⲫⲭⲯⲱⲳⲵⲷⲹⲻⲽⲿⳁⳃⳅⳇⳉⳋⳍⳏⳑⳓⳕⳗⳙⳛⳝⳟⳡⳣⳬⳮⳳⴀⴁ'
      || 'ⴂⴃⴄⴅⴆⴇⴈⴉⴊⴋⴌⴍⴎⴏⴐⴑⴒⴓⴔⴕⴖⴗⴘⴙⴚⴛⴜⴝⴞⴟⴠⴡⴢⴣⴤⴥⴧⴭꙁꙃꙅꙇꙉꙊꙋꙍꙏꙑꙓꙕꙗꙙꙛꙝꙟꙡꙣꙥꙧꙩꙫꙭꚁꚃꚅꚇꚉꚋꚍꚏꚑꚓꚕꚗꚙꚛꜣꜥꜧꜩꜫꜭꜯꜳꜵꜷꜹꜻꜽꜿꝁꝃꝅꝇꝉꝋꝍꝏꝑꝓ'
      || 'ꝕꝗꝙꝛꝝꝟꝡꝣꝥꝧꝩꝫꝭꝯꝺꝼꝽꝿꞁꞃꞅꞇꞌꞍꞑꞓꞗꞙꞛꞝꞟꞡꞣꞥꞧꞩꞪꞫꞬꞭꞮꞰꞱꞲꞵꞷꞹꞻꞽꞿꟁꟃꟄꟅꟆꟈꟊꟑꟗꟙꟶꭓꭰꭱꭲꭳꭴꭵꭶꭷꭸꭹꭺꭻꭼꭽꭾꭿꮀꮁꮂꮃꮄꮅꮆꮇꮈꮉꮊꮋꮌꮍꮎꮏꮐꮑꮒꮓꮔꮕ'
      || 'ꮖꮗꮘꮙꮚꮛꮜꮝꮞꮟꮠꮡꮢꮣꮤꮥꮦꮧꮨꮩꮪꮫꮬꮭꮮꮯꮰꮱꮲꮳꮴꮵꮶꮷꮸꮹꮺꮻꮼꮽꮾꮿａｂｃｄｅｆｇｈｉｊｋｌｍｎｏｐｑｒｓｔｕｖｗｘｙｚ𐐨𐐩𐐪𐐫𐐬𐐭𐐮𐐯𐐰𐐱𐐲𐐳𐐴𐐵𐐶𐐷𐐸𐐹𐐺𐐻𐐼𐐽𐐾𐐿𐑀𐑁𐑂𐑃𐑄𐑅𐑆𐑇'
      || '𐑈𐑉𐑊𐑋𐑌𐑍𐑎𐑏𐓘𐓙𐓚𐓛𐓜𐓝𐓞𐓟𐓠𐓡𐓢𐓣𐓤𐓥𐓦𐓧𐓨𐓩𐓪𐓫𐓬𐓭𐓮𐓯𐓰𐓱𐓲𐓳𐓴𐓵𐓶𐓷𐓸𐓹𐓺𐓻𐖗𐖘𐖙𐖚𐖛𐖜𐖝𐖞𐖟𐖠𐖡𐖣𐖤𐖥𐖦𐖧𐖨𐖩𐖪𐖫𐖬𐖭𐖮𐖯𐖰𐖱𐖳𐖴𐖵𐖶𐖷𐖸𐖹𐖻𐖼𐳀𐳁𐳂𐳃𐳄𐳅𐳆𐳇𐳈𐳉𐳊𐳋𐳌𐳍𐳎𐳏𐳐𐳑𐳒𐳓𐳔'
      || '𐳕𐳖𐳗𐳘𐳙𐳚𐳛𐳜𐳝𐳞𐳟𐳠𐳡𐳢𐳣𐳤𐳥𐳦𐳧𐳨𐳩𐳪𐳫𐳬𐳭𐳮𐳯𐳰𐳱𐳲𑣀𑣁𑣂𑣃𑣄𑣅𑣆𑣇𑣈𑣉𑣊𑣋𑣌𑣍𑣎𑣏𑣐𑣑𑣒𑣓𑣔𑣕𑣖𑣗𑣘𑣙𑣚𑣛𑣜𑣝𑣞𑣟𖹠𖹡𖹢𖹣𖹤𖹥𖹦𖹧𖹨𖹩𖹪𖹫𖹬𖹭𖹮𖹯𖹰𖹱𖹲𖹳𖹴𖹵𖹶𖹷𖹸𖹹𖹺𖹻𖹼𖹽𖹾𖹿𞤢𞤣𞤤𞤥𞤦𞤧'
      || '𞤨𞤩𞤪𞤫𞤬𞤭𞤮𞤯𞤰𞤱𞤲𞤳𞤴𞤵𞤶𞤷𞤸𞤹𞤺𞤻𞤼𞤽𞤾𞤿𞥀𞥁𞥂𞥃',
    ' etaoinsrhldcumfpgwybvkxjqz0123456789.,-:/!?()@'
      || 'ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÐÑÒÓÔÕÖØÙÚÛÜÝÞĀĂĄĆĈĊČĎĐĒĔĖĘĚĜĞĠĢĤĦĨĪĬĮĲĴĶĹĻĽĿŁŃŅŇŊŌŎŐŒŔŖŘŚŜŞŠŢŤŦŨŪŬŮŰŲŴŶÿŹŻŽsƂƄƇƋƑƘƠ'
      || 'ƢƤƧƬƯƳƵƸƼǄǄǇǇǊǊǍǏǑǓǕǗǙǛƎǞǠǢǤǦǨǪǬǮǱǱǴƕƿǸǺǼǾȀȂȄȆȈȊȌȎȐȒȔȖȘȚȜȞƞȢȤȦȨȪȬȮȰȲȻƚɁƀɆɈɊɌɎƁƆƉƊƏƐƓƔƗƖƜƝƟƦƩƮɄƱƲɅƷͰͲ'
      || 'ͶͅµΆΈΉΊΑΒΓΔΕΖΗΘͅΚΛµΝΞΟΠΡΣΣΤΥΦΧΨΩΪΫΌΎΏΒΘΦΠϏϘϚϜϞϠϢϤϦϨϪϬϮΚΡͿΘΕϷϲϺͻͼͽАБВГДЕЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯЀЁЂ'
      || 'ЃЄЅІЇЈЉЊЋЌЍЎЏѠѢѤѦѨѪѬѮѰѲѴѶѸѺѼѾҀҊҌҎҐҒҔҖҘҚҜҞҠҢҤҦҨҪҬҮҰҲҴҶҸҺҼҾӁӃӅӇӉӋӍӀӐӒӔӖӘӚӜӞӠӢӤӦӨӪӬӮӰӲӴӶӸӺӼӾԀԂԄԆԈԊԌԎԐԒԔ'
      || 'ԖԘԚԜԞԠԢԤԦԨԪԬԮԱԲԳԴԵԶԷԸԹԺԻԼԽԾԿՀՁՂՃՄՅՆՇՈՉՊՋՌՍՎՏՐՑՒՓՔՕՖᏰᏱᏲᏳᏴᏵВДОСТТЪѢაბგდევზთიკლმნოპჟრსტუფქღყშჩცძწჭხჯჰჱჲ'
      || 'ჳჴჵჶჷჸჹჺჽჾჿḀḂḄḆḈḊḌḎḐḒḔḖḘḚḜḞḠḢḤḦḨḪḬḮḰḲḴḶḸḺḼḾṀṂṄṆṈṊṌṎṐṒṔṖṘṚṜṞṠṢṤṦṨṪṬṮṰṲṴṶṸṺṼṾẀẂẄẆẈẊẌẎẐẒẔṠßẠẢẤẦẨẪẬẮẰẲẴẶ'
      || 'ẸẺẼẾỀỂỄỆỈỊỌỎỐỒỔỖỘỚỜỞỠỢỤỦỨỪỬỮỰỲỴỶỸỺỼỾἀἁἂἃἄἅἆἇἐἑἒἓἔἕἠἡἢἣἤἥἦἧἰἱἲἳἴἵἶἷὀὁὂὃὄὅὑὓὕὗὠὡὢὣὤὥὦὧᾀᾁᾂᾃᾄᾅᾆᾇᾐᾑᾒᾓᾔᾕᾖᾗ'
      || 'ᾠᾡᾢᾣᾤᾥᾦᾧᾰᾱὰάᾳͅὲέὴήῃῐῑὶίῠῡὺύῥὸόὼώῳΩkÅℲⅠⅡⅢⅣⅤⅥⅦⅧⅨⅩⅪⅫⅬⅭⅮⅯↃⒶⒷⒸⒹⒺⒻⒼⒽⒾⒿⓀⓁⓂⓃⓄⓅⓆⓇⓈⓉⓊⓋⓌⓍⓎⓏⰀⰁⰂⰃⰄⰅⰆⰇⰈⰉⰊⰋⰌⰍⰎⰏⰐⰑⰒⰓ'
      || 'ⰔⰕⰖⰗⰘⰙⰚⰛⰜⰝⰞⰟⰠⰡⰢⰣⰤⰥⰦⰧⰨⰩⰪⰫⰬⰭⰮⰯⱠɫᵽɽȺȾⱧⱩⱫɑɱɐɒⱲⱵȿɀⲀⲂⲄⲆⲈⲊⲌⲎⲐⲒⲔⲖⲘⲚⲜⲞⲠⲢⲤⲦⲨⲪⲬⲮⲰⲲⲴⲶⲸⲺⲼⲾⳀⳂⳄⳆⳈⳊⳌⳎⳐⳒⳔⳖⳘⳚⳜⳞⳠⳢⳫⳭⳲႠႡ'
      || 'ႢႣႤႥႦႧႨႩႪႫႬႭႮႯႰႱႲႳႴႵႶႷႸႹႺႻႼႽႾႿჀჁჂჃჄჅჇჍꙀꙂꙄꙆꙈᲈᲈꙌꙎꙐꙒꙔꙖꙘꙚꙜꙞꙠꙢꙤꙦꙨꙪꙬꚀꚂꚄꚆꚈꚊꚌꚎꚐꚒꚔꚖꚘꚚꜢꜤꜦꜨꜪꜬꜮꜲꜴꜶꜸꜺꜼꜾꝀꝂꝄꝆꝈꝊꝌꝎꝐꝒ'
      || 'ꝔꝖꝘꝚꝜꝞꝠꝢꝤꝦꝨꝪꝬꝮꝹꝻᵹꝾꞀꞂꞄꞆꞋɥꞐꞒꞖꞘꞚꞜꞞꞠꞢꞤꞦꞨɦɜɡɬɪʞʇʝꞴꞶꞸꞺꞼꞾꟀꟂꞔʂᶎꟇꟉꟐꟖꟘꟵꞳᎠᎡᎢᎣᎤᎥᎦᎧᎨᎩᎪᎫᎬᎭᎮᎯᎰᎱᎲᎳᎴᎵᎶᎷᎸᎹᎺᎻᎼᎽᎾᎿᏀᏁᏂᏃᏄᏅ'
      || 'ᏆᏇᏈᏉᏊᏋᏌᏍᏎᏏᏐᏑᏒᏓᏔᏕᏖᏗᏘᏙᏚᏛᏜᏝᏞᏟᏠᏡᏢᏣᏤᏥᏦᏧᏨᏩᏪᏫᏬᏭᏮᏯＡＢＣＤＥＦＧＨＩＪＫＬＭＮＯＰＱＲＳＴＵＶＷＸＹＺ𐐀𐐁𐐂𐐃𐐄𐐅𐐆𐐇𐐈𐐉𐐊𐐋𐐌𐐍𐐎𐐏𐐐𐐑𐐒𐐓𐐔𐐕𐐖𐐗𐐘𐐙𐐚𐐛𐐜𐐝𐐞𐐟'
      || '𐐠𐐡𐐢𐐣𐐤𐐥𐐦𐐧𐒰𐒱𐒲𐒳𐒴𐒵𐒶𐒷𐒸𐒹𐒺𐒻𐒼𐒽𐒾𐒿𐓀𐓁𐓂𐓃𐓄𐓅𐓆𐓇𐓈𐓉𐓊𐓋𐓌𐓍𐓎𐓏𐓐𐓑𐓒𐓓𐕰𐕱𐕲𐕳𐕴𐕵𐕶𐕷𐕸𐕹𐕺𐕼𐕽𐕾𐕿𐖀𐖁𐖂𐖃𐖄𐖅𐖆𐖇𐖈𐖉𐖊𐖌𐖍𐖎𐖏𐖐𐖑𐖒𐖔𐖕𐲀𐲁𐲂𐲃𐲄𐲅𐲆𐲇𐲈𐲉𐲊𐲋𐲌𐲍𐲎𐲏𐲐𐲑𐲒𐲓𐲔'
      || '𐲕𐲖𐲗𐲘𐲙𐲚𐲛𐲜𐲝𐲞𐲟𐲠𐲡𐲢𐲣𐲤𐲥𐲦𐲧𐲨𐲩𐲪𐲫𐲬𐲭𐲮𐲯𐲰𐲱𐲲𑢠𑢡𑢢𑢣𑢤𑢥𑢦𑢧𑢨𑢩𑢪𑢫𑢬𑢭𑢮𑢯𑢰𑢱𑢲𑢳𑢴𑢵𑢶𑢷𑢸𑢹𑢺𑢻𑢼𑢽𑢾𑢿𖹀𖹁𖹂𖹃𖹄𖹅𖹆𖹇𖹈𖹉𖹊𖹋𖹌𖹍𖹎𖹏𖹐𖹑𖹒𖹓𖹔𖹕𖹖𖹗𖹘𖹙𖹚𖹛𖹜𖹝𖹞𖹟𞤀𞤁𞤂𞤃𞤄𞤅'
      || '𞤆𞤇𞤈𞤉𞤊𞤋𞤌𞤍𞤎𞤏𞤐𞤑𞤒𞤓𞤔𞤕𞤖𞤗𞤘𞤙𞤚𞤛𞤜𞤝𞤞𞤟𞤠𞤡');
END $$;

-- What a path of keys leads to. Each step takes the next key, which may be several of them with dots between, or goes into
-- the elements of an array.
CREATE FUNCTION bellhop_walk(v JSONB, keys TEXT[]) RETURNS JSONB[] LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
  found JSONB[] := '{}';
  element JSONB;
  key TEXT;
BEGIN
  IF cardinality(keys) = 0 THEN
    found := ARRAY[v];
  END IF;
  IF jsonb_typeof(v) = 'array' THEN
    FOR element IN SELECT e.value FROM jsonb_array_elements(v) AS e (value) LOOP
      found := found || bellhop_walk(element, keys);
    END LOOP;
  ELSIF jsonb_typeof(v) = 'object' THEN
    FOR n IN 1 .. cardinality(keys) LOOP
      key := CASE n WHEN 1 THEN keys[1] ELSE key || '.' || keys[n] END;
      element := v -> key;
      IF element IS NOT NULL THEN
        found := found || bellhop_walk(element, keys[n + 1:]);
      END IF;
    END LOOP;
  END IF;
  RETURN found;
END $$;

-- A text by which booleans and numbers, and behind them texts, are in order: of a number the bits, turned so that they ascend
-- with it.
CREATE FUNCTION bellhop_ordered(v JSONB) RETURNS TEXT LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
  bits BIGINT;
BEGIN
  CASE jsonb_typeof(v)
    WHEN 'string' THEN RETURN '2' || (v #>> '{}');
    WHEN 'number' THEN bits := ('x' || encode(float8send(v::float8), 'hex'))::bit(64)::bigint;
    WHEN 'boolean' THEN bits := ('x' || encode(float8send(v::boolean::int), 'hex'))::bit(64)::bigint;
    ELSE RETURN NULL;
  END CASE;
  RETURN '1' || lpad(to_hex(CASE WHEN bits < 0 THEN ~bits ELSE bits # (1::bigint << 63) END), 16, '0');
END $$;
